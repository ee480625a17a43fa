"""More known lines: names, certificates, networks, firewalls, hosts and the engine of containers itself."""

from __future__ import annotations

NETWORK_SIGNS: tuple[tuple[str, str, int], ...] = (
    (
        "docker_daemon_unavailable",
        (
            r"(?i)cannot connect to the docker daemon|is the docker daemon running"
            r"|failed to start (?:docker\.service|docker application container engine)|failed to start daemon"
            r"|failed to (?:dial|connect to) .{0,40}containerd(?:\.sock)?|error (?:initializing"
            r"|creating) (?:graphdriver|network controller|default)|unable to configure the docker daemon"
            r"|dial unix /(?:var/)?run/docker\.sock: connect|docker\.service: .{0,60}(?:Failed|exited|timeout"
            r"|killed|repeated)|dockerd\b.{0,60}(?:panic|fatal|unresponsive|not respond|hung)"
            r"|container runtime is down|error during connect: .{0,200}docker|Failed to start Docker|docker(?:d"
            r"| daemon| engine).{0,40}(?:not running|is down|unresponsive|not respond|stopped|unreachable"
            r"|does not answer)"
        ),
        0,
    ),
    (
        "dns_failure",
        (
            r"(?i)\b(?:lookup|resolve|resolving) \S{1,200}.{0,60}(?:no such host|timeout|server misbehaving"
            r"|i/o timeout|failed|not found|failure)|name resolution|Name does not resolve|could not be resolved"
            r"|host lookup (?:failed|for)|DNS_PROBE|SERVFAIL|NXDOMAIN|no servers could be reached|Unknown host\b"
            r"|bad address '|getaddrinfo|can't find \S{1,120}: (?:SERVFAIL|NXDOMAIN|REFUSED|No answer)"
            r"|upstream (?:dns |server )?.{0,60}(?:did not respond|not responding|unreachable)"
            r"|connection error to \S{1,100}: .{0,30}timed out|resolver .{0,60}(?:timeout|fail|error)"
            r"|forwarder .{0,60}(?:timed out|unreachable|fail)|exceeded max forwarded queries"
            r"|failed to prime trust anchor|validation failure <|DNSSEC .{0,40}(?:fail|bogus)|query aborted"
            r"|zone \S{1,200}: (?:loading|not loaded|expired)|zone \S{1,200} .{0,40}(?:expired|failed|refused)"
            r"|transfer of .{0,120}(?:failed|timed out|refused)|loading from master file \S{1,200} failed"
            r"|resolve call failed|No address associated with hostname|(?:all|no) (?:upstream"
            r"|name) ?servers? (?:are |is )?(?:failed|down|unreachable|respond)"
        ),
        0,
    ),
    (
        "tls_certificate_expired",
        (
            r"(?i)certificate.{0,60}\bexpired\b|\bexpired certificate|certificate has expired"
            r"|cert(?:ificate)? .{0,40}not (?:valid|yet valid)(?: after)?|not valid after"
            r"|NET::ERR_CERT_DATE_INVALID|SEC_ERROR_EXPIRED|verify error:num=10|verify return code: 10"
            r"|sslv3 alert certificate expired|tlsv1 alert certificate expired|SSL alert number 45"
            r"|Peer's Certificate has expired|expired on \d{4}-\d\d-\d\d|validity check failed|CertificateExpired"
            r"|renew(?:al|ing)?\b.{0,60}certificate.{0,60}(?:fail|error)|certificate.{0,60}renewal .{0,20}(?:fail"
            r"|error)|certbot\b.{0,80}(?:fail|error)|acme.{0,80}(?:error|unable to obtain|fail)"
        ),
        0,
    ),
    (
        "firewall_or_policy_block",
        (
            r"(?i)\[UFW BLOCK\]|\bDPT=\d{1,5}\b.{0,200}(?:DROP|REJECT|BLOCK)|(?:DROP|REJECT|BLOCK|DENY"
            r"|denied)\w{0,4}[^\n]{0,60}\bIN=\S{0,20} .{0,200}DPT=\d{1,5}|\b(?:nft|iptables|nftables|firewall|pf"
            r"|filterlog|ufw|firewalld)\b.{0,120}(?:\bdrop|\breject|\bblock|\bdeny|\bdenied)"
            r"|administratively prohibited|admin prohibited|packet filtered|Communication prohibited"
            r"|blocked by (?:the )?(?:firewall|policy|network ?policy|security group|acl|rule)|policy denied"
            r"|action=(?:block|deny|drop)|no pg_hba\.conf entry|Host '\S{1,120}' is not allowed to connect"
            r"|access denied by (?:acl|rule|policy)|connection blocked|denied by (?:acl|network policy|firewall)"
            r"|filtered\b.{0,40}\bport"
        ),
        0,
    ),
    (
        "network_partition",
        (
            r"(?i)\bpartition(?:ed)?\b.{0,60}(?:network|cluster|detected|running|node)|network partition"
            r"|split.?brain|lost quorum|no quorum|quorum (?:lost|not|dissolved)|\[TOTEM ?\].{0,60}(?:failed|left"
            r"|A processor failed)|\[QUORUM\].{0,80}(?:non-primary|not)|cluster (?:is )?not ready - no quorum"
            r"|nodes? .{0,60}(?:unreachable|left the cluster|lost contact)|Link is Down|NIC Link is Down"
            r"|link down\b|carrier lost|lost carrier|no carrier|link (?:status )?.{0,20}(?:is )?down\b"
            r"|tunnel .{0,40}(?:down|is dead|lost)|handshake (?:for peer .{0,80}|with \S{1,80} )did not complete"
            r"|BGP .{0,60}(?:Down|Hold Timer)|\bport \S{1,20} .{0,20}(?:err-?disabled|is down)"
            r"|link: \d{1,3} is down|peer (?:is )?not responding|giving up after \d{1,3} retransmits"
            r"|IKE_SA .{0,60}(?:failed|deleted)|tunnel .{0,60}(?:down|lost)|MemberLost"
            r"|Node \S{1,80} is (?:unreachable|down)|peer .{0,60}(?:unreachable|timed out|dead)"
        ),
        1,
    ),
    (
        "host_down",
        (
            r"(?i)destination host unreachable|Host \S{1,80} (?:is )?(?:offline|unreachable|dead|down)"
            r"|node \S{1,80} (?:is )?(?:offline|dead|fenced|down)\b|fence(?:d)? node|\bpower (?:is )?off\b"
            r"|Chassis Power is off|Power Supply .{0,60}(?:fail|lost|AC lost)|Kernel panic - not syncing"
            r"|machine check|hard LOCKUP|watchdog: BUG: soft lockup|lost AC power|thermal (?:shutdown|trip)"
            r"|host heartbeat (?:lost|missing)"
        ),
        1,
    ),
    (
        "network_latency",
        (
            r"(?i)(?:high|increased|rising|excessive) (?:network )?(?:latency|rtt|ping|round.?trip)"
            r"|\bRTT\b.{0,30}\d{3,} ?ms|(?<![\d.])(?:[1-9]\d?(?:\.\d{1,3})?|0\.[1-9]\d{0,2})% (?:packet )?loss"
            r"|tcp.{0,20}retransmi(?:t|ssion)|took \d{3,} ms on the wire|time=\d{3,}(?:\.\d{1,3})? ms"
            r"|interface .{0,60}(?:errors|dropped|duplex mismatch)|duplex mismatch|negotiated .{0,30}10Mb"
            r"|link .{0,30}(?:10|100) ?Mbps.{0,20}half|clock .{0,20}rtt|(?:link|interface"
            r"|uplink)\b.{0,60}(?:saturated|congested|flapping|at capacity)|(?:CRC|FCS) errors?"
        ),
        1,
    ),
    (
        "latency_injected",
        (
            r"(?i)\btoxic\b.{0,120}\blatency\b|\blatency\b.{0,80}\btoxic\b|toxiproxy\b.{0,120}latency"
            r"|netem .{0,40}delay|(?:inject(?:ed|ing|ion)?|chaos|fault)\b.{0,80}\b(?:latency|delay|sleep|slow)"
            r"|\b(?:latency|delay)\b.{0,60}\binject|delay_?mode|artificial (?:delay|latency)|fixed_delay"
            r"|fixedDelay|sleep(?:ing)? .{0,30}(?:chaos|fault|inject)|tc qdisc add"
        ),
        0,
    ),
    (
        "error_injected",
        (
            r"(?i)(?:inject(?:ed|ing|ion)?|chaos|fault[-_ ]?inject\w{0,4}|simulat(?:ed|ing)|fault[-_ ]filter"
            r"|fi\b)\b.{0,80}\b(?:errors?|abort\w{0,3}|fail\w{0,5}|exceptions?|faults?|50\d|status|http)\b"
            r"|\b(?:error|abort|failure|fault)\w{0,3}\b.{0,60}\binject(?:ed|ion|ing)|fault filter abort"
            r"|x-envoy-fault-abort|response_?flags?\W{1,4}FI\b|\bFI\b.{0,20}fault_filter"
            r"|toxic\b.{0,80}(?:reset_peer|timeout|limit_data)|chaos monkey|error_?rate\W{1,4}(?:set|0?\.\d|\d{2})"
            r"|ChaosException|FailureMode|fail(?:ure)?[-_ ]?mode\W{1,6}(?:on|enabled|true)"
        ),
        0,
    ),
)
