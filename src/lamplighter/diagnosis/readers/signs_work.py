"""More known lines: jobs, backups, load, limits of machines and programs, watching, and switches that were thrown."""

from __future__ import annotations

WORK_SIGNS: tuple[tuple[str, str, int], ...] = (
    (
        "backup_failed",
        (
            r"(?i)\bback-?up\b.{0,120}(?:fail|error|abort|incomplete|did not|not complete|could not|unable|expired"
            r"|missing)|(?:fail|error|abort|unable|could not)\w{0,4}\b.{0,60}\bback-?up\b|\b(?:vzdump|borg(?:matic"
            r"|backup)?|restic|duplicati|duplicity|pg_?dump|mysqldump|pgbackrest|barman|veeam|bacula|bareos|rclone"
            r"|rsnapshot|kopia|urbackup|proxmox-backup(?:-client)?|wal-g|pbs)\b.{0,160}(?:fail|error|abort"
            r"|exit(?:ed)? (?:with |status |code )?[1-9]|fatal|critical|lock|unable|refused|no space)"
            r"|Repository .{0,60}(?:does not exist|is locked|already locked)|Failed to create/acquire the lock"
            r"|repository is already locked|archive[_ ]command failed|job errors\b|snapshot .{0,40}(?:failed"
            r"|could not be created)|ERROR: Backup of (?:VM|CT) \d{1,10} failed|TASK ERROR: (?:job errors"
            r"|could not|unable)"
        ),
        0,
    ),
    (
        "job_failed",
        (
            r"(?i)\b(?:cron ?)?(?:job|task|timer|schedule[dr]?|pipeline|batch|workflow|dag|import"
            r"|export)\b['\"]? ?[\w.:\[\]/#'\"()-]{0,80} (?:has )?(?:failed|aborted|did not (?:finish|complete)"
            r"|exited with (?:status|code|error)|ended with error|errored|was not run|crashed|terminated"
            r"|timed out)\b|\bfailed to (?:execute|run|finish|complete) (?:the )?(?:job|task|schedule|pipeline"
            r"|batch)|Task \S{1,120} raised (?:unexpected|exception)"
            r"|Job \S{1,120} \(trigger .{0,200}raised an exception|(?:CRON|cron)\b.{0,60}(?:error|failed"
            r"|exit status [1-9])|FAILED \(.{0,20}exit(?:ed)? ?(?:status|code)? ?[1-9]|BackoffLimitExceeded"
            r"|exit code [1-9]\d{0,2} .{0,30}job|rolled back\b.{0,40}\bjob|JobExecutionException|marked as failed"
            r"|dead letter|gave up after \d{1,4} (?:retries|attempts)|max retries exceeded for (?:job|task)"
        ),
        1,
    ),
    (
        "dependency_missing_at_start",
        (
            r"(?i)(?:startup|start-up|boot) dependency\b.{0,60}(?:not|un|missing|fail)|(?:database|db|broker|redis"
            r"|server|host|service|dependency|backend)\b.{0,40}never (?:came up|became|answered)"
            r"|wait-for-it(?:\.sh)?: timeout occurred|giving up (?:waiting|on)\b|gave up waiting|(?:could not"
            r"|unable to|failed to|cannot) (?:connect|reach)\b.{0,80}(?:on|at|during) start|not (?:available|ready"
            r"|reachable).{0,40}(?:exiting|aborting|shutting down|quitting|terminating)|(?:exiting|aborting"
            r"|quitting|terminating)\b.{0,60}(?:not (?:available|ready|reachable)|unavailable|unreachable"
            r"|could not connect)|dependency failed for\b|job .{0,100}failed with result 'dependency'|wait(?:ing"
            r"|ed) for \S{1,80} .{0,40}(?:timed out|timeout|gave up|exceeded)|(?:attempt|try"
            r"|retry) (?P<tries>\d{1,3})(?:/| of )(?P=tries)\b|host not found in upstream|Waiting for (?:DB"
            r"|database|postgres|mysql|redis|broker|rabbitmq)\b.{0,60}(?:fail|timeout|gave)"
        ),
        0,
    ),
    (
        "fd_exhausted",
        (
            r"(?i)socket count has been exceeded|ulimit -n|too many open (?:files|sockets)|open files limit"
            r"|file descriptor limit|(?:out of|no (?:more|free)|exhausted) file (?:descriptors|handles)"
            r"|\bRLIMIT_NOFILE\b.{0,60}(?:reach|exceed|exhaust|hit)|accept4?\(\).{0,40}\(24:|errno[=: ]{1,3}24\b"
            r"|Errno 24\b|VFS: file-max limit \d{1,20} reached|open_files_limit .{0,20}(?:reached|exceeded)"
        ),
        0,
    ),
    (
        "inodes_exhausted",
        (
            r"(?i)\b(?:no|out of|run(?:ning)? out of|0|free) (?:free )?inodes?\b(?: left)?"
            r"|inodes? .{0,40}(?:exhaust|100 ?%|full|used up|run out)|\binode (?:limit|quota) (?:reached|exceeded)"
        ),
        0,
    ),
    (
        "thread_pool_exhausted",
        (
            r"(?i)task queue depth is \d{2,}|all (?:\d{1,5} )?(?:threads?|workers?|executors?|slots|children"
            r"|php-fpm children)\b.{0,40}(?:are |is |in )?(?:busy|use|blocked|occupied|taken|active)"
            r"|all threads \(\d{1,5}\) are currently busy|server reached (?:pm\.)?max_children"
            r"|reached (?:MaxRequestWorkers|max_children|ThreadsPerChild|maxThreads)|no (?:free|idle"
            r"|available) (?:threads?|workers?)|(?:threads?|workers?|executor|ThreadPoolTaskExecutor"
            r"|event loop) (?:pool )?.{0,40}(?:exhausted|saturated|rejected|starv)|thread starvation"
            r"|ThreadPool.{0,60}(?:queue|starv|active threads = (?P<active>\d{1,5}), .{0,40}(?P=active))"
            r"|listen queue .{0,60}(?:full|backlog)|server seems busy|Task .{0,200} rejected from"
            r"|queued tasks = \d{2,}|uWSGI listen queue|\(threads?: (?P<held>\d{1,4})/(?P=held)\)"
            r"|maximum number of (?:threads|workers)|busy workers?\W{1,3}(?P<busy>\d{1,5}) ?(?:/|of) ?(?P=busy)\b"
        ),
        0,
    ),
    (
        "disk_io_saturation",
        (
            r"(?i)task \S{1,60} blocked for more than \d{2,4} seconds|slow (?:fsync|disk|sync|apply|write|read)\b"
            r"|fsync .{0,40}(?:took|slow|\d{4,} ?ms|is taking)|sync(?:ing)? (?:duration|took).{0,30}expected"
            r"|disk is too slow|I/O (?:wait|error|timeout)|blk_update_request|apply request took too long"
            r"|Asynchronous AOF fsync is taking too long|hung_task|io ?wait.{0,20}\d{2}|rejecting I/O"
            r"|ata\d{1,2}.{0,40}(?:failed command|exception|hard resetting)|nvme\d .{0,40}timeout"
            r"|checkpoints are occurring too frequently|page_cleaner: .{0,60}took \d{4,}"
        ),
        0,
    ),
    (
        "cpu_saturation",
        (
            r"(?i)event loop (?:lag|blocked|delay).{0,20}\d{3,}|CPU (?:usage|load|is|at).{0,20}(?:9\d|100) ?%"
            r"|load average.{0,20}(?:too high|[2-9]\d\.)|interrupt took too long|soft lockup|throttl(?:ed"
            r"|ing) .{0,30}cpu|cpu .{0,30}(?:throttl|saturat|exhaust|starv)|can't keep up"
            r"|running \d{4,} ?ms behind"
        ),
        2,
    ),
    (
        "memory_leak",
        (
            r"(?i)memory (?:leak|keeps? (?:growing|rising)|is growing|usage (?:grows?|rising|climb))"
            r"|possible (?:EventEmitter )?memory leak|heap (?:usage )?(?:grow|9\d ?%|nearly full)"
            r"|GC overhead limit|ineffective mark-compacts|LEAK: |Soft memory limit|memory high.?water"
            r"|rss .{0,20}(?:exceeds|above|over)|worker .{0,40}exceeded .{0,20}memory"
            r"|old gen(?:eration)? .{0,30}9\d ?%|Full GC .{0,80}->"
        ),
        1,
    ),
    (
        "traffic_surge",
        (
            r"(?i)shedding load|rate limit(?:ed|ing)? .{0,40}(?:exceed|excess)|limiting requests|(?:request"
            r"|connection) (?:flood|storm|spike|surge)|too many requests|\b429\b.{0,40}too many|SYN flood"
            r"|possible SYN flooding|load shed|overload(?:ed)?\b.{0,40}(?:request|reject|shed)"
        ),
        2,
    ),
    (
        "feature_flag_enabled",
        (
            r"(?i)\b(?:feature[-_ ]?)?(?:flag|toggle|switch|experiment|variant|killswitch"
            r"|treatment)s?\b.{0,80}\b(?:enabled|turned on|switched on|activated|on for|set to (?:true|on|100)"
            r"|now (?:true|on|100)|-> ?(?:true|on|100)|=> ?(?:true|on)|rollout .{0,20}(?:100|[5-9]\d) ?%|(?:true"
            r"|on)$|(?:false|off) ?(?:->|to|=>) ?(?:true|on))|\b(?:enabled|turned on|switched on|activated|flipped"
            r"|toggled)\b.{0,60}\b(?:feature|flag|toggle|experiment)|feature[-_ ]?flag.{0,60}\bon\b"
            r"|(?:launchdarkly|unleash|flagd|flipt|growthbook|split\.io|configcat)\b.{0,160}(?:true|\bon\b|enabled"
            r"|100)|flag\.(?:updated|changed|toggled)"
        ),
        0,
    ),
    (
        "bad_config_change",
        (
            r"(?i)\b(?:config(?:uration)?|settings?)\b.{0,60}\b(?:changed|updated|reloaded|applied|modified"
            r"|overwritten|replaced|rolled out)\b|\b(?:reload(?:ed|ing)?|appl(?:y|ied|ying)|load(?:ed"
            r"|ing)?) (?:new |changed |updated )(?:config|settings)|signal .{0,20}\(?SIGHUP\)?.{0,60}(?:received"
            r"|reconfiguring|reload)|new configuration (?:loaded|applied|in use)"
        ),
        3,
    ),
    (
        "monitoring_gap",
        (
            r"(?i)\bscrap(?:e|ing)\b.{0,100}(?:fail|timed? ?out|refused|error|exceeded|unauthori[sz]ed|401|403|404"
            r"|no such host|invalid)|context deadline exceeded.{0,60}(?:scrape|/metrics)"
            r"|Error on ingesting (?:samples|out-of-order)|out of (?:order|bounds) samples?"
            r"|remote[_ ]write .{0,60}(?:fail|error)|heartbeat .{0,30}not sent|no data (?:points"
            r"|received) .{0,40}(?:exporter|agent|scrape)|server returned HTTP status [45]\d\d.{0,40}(?:metrics"
            r"|scrape)|\bscrape_\w{1,40}"
        ),
        2,
    ),
    (
        "expected_alert",
        (
            r"(?i)\bwatchdog\b.{0,120}(?:always|should|meant|ensure|entire alert|expected)|always firing"
            r"|dead man'?s ?switch|\btest (?:alert|notification)|(?:alert|notification) test|this is a test\b"
            r"|TestAlert|maintenance (?:window|mode)|planned (?:maintenance|outage|work)"
        ),
        1,
    ),
    (
        "port_conflict",
        (
            r"(?i)(?:only one usage of each socket|port \S{0,8}\d{2,5} is (?:already )?(?:in use|used|taken"
            r"|occupied|allocated)|another (?:process|instance) .{0,40}(?:listening|running|using)"
            r"|listen tcp\d? \S{1,60}: bind|could not bind to|Cannot assign requested address|errno[ =:]{1,3}(?:98"
            r"|10048)\b|failed to bind)"
        ),
        0,
    ),
    (
        "permission_denied",
        (
            r"(?i)UnauthorizedAccessException|Access to the path .{0,200}is denied|not permitted\b|(?:not "
            r"|in)sufficient (?:permission|privilege)|must be owned by|bad permissions"
            r"|permissions .{0,40}(?:too open|are too|incorrect)|(?:is )?not (?:writable|readable)|unwritable"
            r"|apparmor=\"DENIED\"|avc: {1,2}denied|cannot (?:open|write|create|read) .{0,120}: (?:permission"
            r"|access)|errno[ =:]{1,3}13\b|fchown|Failed to chown|no write access|must be (?:writable|readable)"
        ),
        0,
    ),
    (
        "missing_file",
        (
            r"(?i)(?:config(?:uration)? )?file .{0,120}(?:does not exist|is missing|not found|could not be found"
            r"|cannot be found)|cannot (?:open|load|find|stat) (?:file |certificate |config )?['\"]?/\S{1,200}"
            r"|not a directory\b|errno[ =:]{1,3}2\b|no such file|ENOENT|cannot load certificate"
        ),
        0,
    ),
    (
        "missing_environment_variable",
        (
            r"(?:(?i:required|missing|mandatory|undefined|unset"
            r"|empty)\b.{0,40}\b[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,6}\b"
            r"|\b[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,6}\b.{0,40}\b(?i:is required|is missing|not set"
            r"|is not defined|must be (?:set|provided|specified)|is undefined|unbound variable|cannot be (?:empty"
            r"|blank|null)|not provided|parameter (?:null or )?not set|has no value|not configured)"
            r"|(?i:you need to specify|please (?:set|provide|specify)|must specify"
            r"|is not specified).{0,80}\b[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,6}\b"
            r"|(?i:could not resolve placeholder) '\S{1,80}')"
        ),
        0,
    ),
    (
        "config_error",
        (
            r"(?i)(?:unrecogni[sz]ed|unknown|unexpected|invalid|illegal|unsupported) (?:sub)?(?:directive|keyword"
            r"|token|statement|section|field|attribute|configuration|key|option|parameter|plugin|module|entry)\b"
            r"|error\(s\) found in configuration|errors? (?:was|were)? ?found in (?:the )?config|adapting config"
            r"|parsing (?:config|caddyfile|yaml|toml|json)|config(?:uration)?(?: file)? .{0,40}(?:test failed"
            r"|invalid|is not valid|contains errors?|malformed|failed)|(?:failed|unable|cannot"
            r"|could not) (?:to )?(?:load|parse|read|validate|unmarshal|decode) .{0,60}(?:config|settings|yaml"
            r"|toml|json|ini)|mapping values are not allowed|did not find expected|duplicate key"
            r"|bad (?:configuration|config)|Invalid config for|schema validation failed|fatal: bad configuration"
            r"|not a valid (?:value|boolean|integer|duration|port|url)|Unknown config(?:uration)? (?:key|option)"
            r"|directive is not allowed here|unexpected \"[^\"]{1,10}\"|unexpected end of file"
            r"|failed to initialize config"
        ),
        1,
    ),
    (
        "health_endpoint_failing",
        (
            r"(?i)\"?(?:GET|HEAD) /(?:[\w./-]{0,40})?(?:health\w{0,6}|ready\w{0,4}|live\w{0,6}|ping|status"
            r"|actuator/health)\S{0,40} HTTP/[\d.]{1,3}\"? (?:5\d\d|404|401|403)\b|health ?check .{0,100}(?:fail"
            r"|unhealthy|error|returned (?:4|5)\d\d|status(?: code)?:? ?(?:4|5)\d\d)|\"status\" ?: ?\"(?:DOWN"
            r"|unhealthy|error|fail\w{0,3})\"|Layer7 wrong status|unhealthy\b.{0,60}(?:status|code|backend"
            r"|upstream|server)"
        ),
        0,
    ),
    (
        "crash_report",
        (
            r"(?i)\bFatal Python error\b|thread '.{0,60}' panicked at|^panic: |fatal error: (?:unexpected signal"
            r"|concurrent map|all goroutines)|Unhandled (?:exception|rejection)|uncaught exception"
            r"|terminated by signal (?:6|11)|SIGSEGV|stack smashing detected|double free"
        ),
        3,
    ),
)
