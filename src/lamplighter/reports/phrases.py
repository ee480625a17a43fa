"""The phrases by which people ask about an incident, by what they ask for. Words only; nothing is decided here."""

from __future__ import annotations

from lamplighter.reports.reply import Topic


def _words(told: str) -> frozenset[str]:
    return frozenset(told.split())


# The longest phrase that a question holds decides; `*` before one says that it counts only where nothing else does.
PHRASES: dict[Topic, str] = {
    Topic.STATUS: """
        status; state; going on; what is up; whats up; happening; whats wrong; what is wrong; summary;
        summarise; summarize; sum up; sum it up; tldr; overview; how is it going; where are we;
        where do we stand; progress; any update; latest update; any news; news; is it fixed; is it resolved;
        is it over; is it done; is it still; still down; still broken; still open; is it back; is it up;
        is it down; is it ok; what happened; what has happened; what is this; tell me about; whats this;
        how are things; fixed yet; resolved yet; hows it looking; how does it look; anything new; the matter""",
    Topic.CAUSE: """
        *why; cause; causes; caused; causing; reason; reasons; root cause; what broke; culprit; blame;
        how come; what made; explain; explanation; diagnosis; diagnose; diagnosed; at fault; whose fault;
        what is the problem; whats the problem; what is the issue; because of what; what triggered;
        what led to; what killed; what went wrong; went wrong; what crashed; what stopped; who broke;
        what started""",
    Topic.DOUBT: """
        how sure; how certain; how confident; how likely; confidence; are you sure; are you certain; certain;
        certainty; not proven; not proved; unproven; proven; prove; proves; doubt; doubts; uncertain; unsure;
        not sure; what is missing; dont you know; do you not know; not known; not checked; unchecked;
        you not check; didnt you check; something else; anything else; other cause; other causes;
        other possible; other reasons; alternative; alternatives; what else could; could it be; might it be;
        what would settle; settle it; are you wrong; hypotheses; hypothesis; probability; is it the;
        was it the; is it a; was it a; human error; change your mind; what else did you consider;
        you considered; did you consider; was it really; is it really""",
    Topic.EVIDENCE: """
        evidence; proof; fact; facts; how do you know; how did you know; do you think so; makes you think;
        why do you think; based on; did you see; did you find; have you found; did you look at; did you check;
        you looked at; you checked; did you find out; logs; log; metrics; measurements; show me the data;
        observations; symptoms; what do you know; findings""",
    Topic.CHANGES: """
        changed; change; changes; deploy; deployed; deployment; deployments; *update; updated; updates;
        an update; the update; upgrade; upgraded; upgrades; release; released; different; new version; version;
        config change; modified; who changed; what changed; happened just before; happened before the;
        happened right before; what happened before it; patch; patched; rollout; installed; last change;
        recent change; recent changes""",
    Topic.RULED_OUT: """
        ruled out; rule out; ruling out; excluded; exclude; not the cause; is it not; isnt it; eliminated;
        dismissed; discarded; rejected causes; causes were rejected; what did you rule out; can be excluded""",
    Topic.DONE: """
        did you do; have you done; you did; did you try; have you tried; tried; you tried; attempt; attempts;
        attempted; actions taken; action taken; was done; what was tried; done so far; did it work;
        did it help; did that work; did the fix work; did the restart work; restart work; it work;
        has it worked; has it helped; result; results; outcome; did you restart; was it restarted; restarted;
        undone; rolled back; verified; verification; how was it fixed; what fixed it; who fixed it; fixed it;
        did you fix; did you change; have you changed; you do about it; been done; so far; was it undone;
        did you undo; why did you do; the restart fail; the restart failed; restart failed; anything done;
        anything been done; something done; actions were taken;
        action was taken; actions did you take""",
    Topic.PLAN: """
        will you do; are you going to do; going to do; gonna do; you want to do; want to do; plan; plans;
        planned; planning; proposal; propose; proposed; proposing; suggest; suggested; suggestion; risk; risks;
        risky; dangerous; *safe; undo; undo it; revert; rollback; roll back; roll it back; it fails;
        side effect; side effects; downtime; how will you fix; can you fix; will you fix; if i approve;
        i approve; remedy; will you restart; will it restart; can it be undone; be undone; how do i undo;
        how to undo; intend; about to do; impact of the plan; what would you do; your fix; why do you want;
        why restart; why a restart; why did you choose; reversible; what if; should i approve; could go wrong;
        go wrong; if it fails""",
    Topic.AFFECTED: """
        affected; affects; affect; affecting; impact; impacted; impacts; blast radius; depends; depend;
        depending; dependency; dependencies; dependents; *needs; *need; *needed; needed by; does it need;
        downstream; upstream; which services; what services; *users; else is broken; also down; alerts;
        which alerts; how many alerts; how bad; severity; severe; scope; neighbours; neighbors; hit;
        who is hit; relies; rely; merged; grouped; same incident; belongs; belong; *are down; *is down;
        which containers; which hosts; what else is down""",
    Topic.AGAIN: """
        happened before; happen before; occurred before; has it happened before; has this happened before;
        has that happened before; did it happen before; did this happen before; seen before; seen it before;
        seen this; *before; *again; last time; previous; previously; similar; recurring; recurrence; recur;
        how often; first time; history; earlier incidents; other incidents; past incidents; pattern; patterns;
        every time; been here before; come back; happen again; repeat; repeated; known problem; known issue;
        lessons; learned; how many times; see this; last week; is it the same; last month;
        last year; fixed it last time;
        what fixed it last time; what helped last time; will it come back""",
    Topic.DECIDED: """
        asked; who approved; who changed the plan; who edited; amended; edited;
        approved; *approve; approval; approvals; who acknowledged; acknowledged; acked;
        who has it; who is on it; whos on it; who owns; owner; owns; assigned; who decided; decided; decide;
        decision; decisions; who said; council; vote; votes; voted; voting; policy; denied; deny; refused;
        rejected; who closed; closed it; who resolved; snoozed; did you not act; didnt you act;
        havent you acted; you not do anything; didnt you do anything; nobody do anything; nobody did anything;
        allowed; allow; who is responsible; responsible; need approval; needs approval; approval needed;
        does it need approval; need my approval; you need my approval; do you need my approval;
        the approval expire; approval expires; who is working; working on it; working on this""",
    Topic.TIMES: """
        *when; what time did; what time was; at what time; how long; since when; duration; started; *start;
        begin; began; begun; beginning; how old; took; take; how fast; how quickly; time to; mttr; timeline;
        lasted; how much time; noticed; how much downtime; was the downtime; minutes; how soon; how late""",
    Topic.NEXT: """
        can i do; should i do; do i do; must i do; could i do; what now; next; next step; next steps; command;
        commands; how do i fix; how can i fix; how to fix; how do we fix; fix it myself; help me; what to do;
        advice; advise; recommend; recommendation; recommended; prevent; prevention; avoid; stop it from;
        from me; need me; you need me; do you need; runbook; runbooks; manually; by hand; can we do;
        should we do; action items; follow up; followups; do myself; how do i; how can i; should i;
        from happening again; happening again; can i ignore; back to sleep; do i have to; do i need to""",
    Topic.COST: """
        cost; costs; price; token; tokens; money; expensive; dollars; dollar; ai; llm; model; how many queries;
        queries; query; budget; cheap; paid; pay; bill; how much money; how much did it cost;
        how much does it cost; how much was it; how much is it""",
    Topic.HELP: "help; what can i ask; can i ask; can you answer; do you understand; what questions; usage; options",
}

# Whatever a question is full of without asking for anything by it.
STOPWORDS = _words(
    """
    a about actually again all am an and any anybody anyone are as ask at be because been being best both but by can
    cannot cant constantly could currently da day days dear did do does doing done dont during each else end ended
    ever every exactly far find for from get give going gonna got guys had happen happened happening happens has
    have having hello here hey hi hour hours how i if im in incident into is isnt it its itself just keep keeps kind
    kindly know lately let like list lot maybe me mean might more morning most much must my need night no nobody nor not
    now of off ok okay on one ones only or our out over own please pls really right s say see shall she should show
    simply so some somebody somehow someone still such suddenly sure t tell than thank thanks that thats the their them
    then there these they thing things think this those though through thx time times to today tonight too under up us
    very want wants was wasnt we well were what whats when where which while who whose why will with without wont would
    yes yesterday yet you your yours
    """
)

# What things that break are called; it says what is meant, and asks for nothing by itself.
SUBJECTS = _words(
    """
    alert alerting api app application available bad broke broken container containers cpu crash crashed crashes
    crashing database db dead died dies disk dns down error errors fail failed failing fails failure fire firing fix
    fixed hang hanging hangs host hung issue job killed latency leak machine memory mount network node oom outage page
    port problem process ram reach reachable respond responding restart restarting server service services site slow
    slower slowness start starting stop stopped storage swap system timeout timeouts trouble unavailable unhealthy
    unreachable up vm volume website working
    """
)

# How something stands. With nothing else but a name it asks for the status, as in "shop down?".
STANDING = _words(
    "alive back broken crashed dead down failed failing fine healthy hung slow unhealthy unreachable up working"
)
ASKING = _words("how what when where which who whose why")

# A "why" with one of these after it asks about whoever is asked: why did you wake me up.
LISTENERS = _words("you your yours yourself me my")

# Of these there are several, and an incident that says nothing of one has no answer for it.
PARTICULAR = _words(
    "cpu data database db disk dns host latency leak memory mount network node oom page port ram storage swap vm volume"
)

NEGATIONS = _words(
    "not never isnt arent wasnt werent didnt doesnt dont hasnt havent hadnt couldnt cant cannot wont wouldnt without"
)

# A sentence that begins with one of these is an order, and nothing here takes orders.
ORDERS = _words(
    """
    acknowledge ack allow approve cancel close delete deny disable drop enable execute kill merge mute pause
    reboot reject remove reopen resolve restart resume revert rollback shutdown silence snooze split start stop
    undo unpause upgrade wipe
    """
)
POLITE = _words(
    "please pls kindly now just ok okay so go ahead and then hey hi you yes yeah yep no i we lets let us dont never"
)
