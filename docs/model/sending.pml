/* Sending across hosts: claims, marks, journals, leases, the fence, the hosts' memory and membership, withdrawals.
 *
 * README.md maps these names to ours. Each FIX_ set to 0 puts back what was there before ADRs 0093 and 0095.
 */
#ifndef FIX_MEMORY
#define FIX_MEMORY 1    /* C1: a host refuses an old primary, and replays where anything has changed */
#endif
#ifndef FIX_NEWEST
#define FIX_NEWEST 1    /* C1: a host without a memory takes the server with the newest timeline */
#endif
#ifndef FIX_JOIN
#define FIX_JOIN 1      /* C2: a sender claims once the replica knows it */
#endif
#ifndef FIX_AGAIN
#define FIX_AGAIN 1     /* and waits again if the first wait was interrupted */
#endif
#ifndef FIX_NAMES
#define FIX_NAMES 1     /* C2: hosts remember each other */
#endif
#ifndef FIX_JOURNALED
#define FIX_JOURNALED 1 /* C3: a withdrawal is journaled before it is answered */
#endif
#ifndef FIX_POSITION
#define FIX_POSITION 1  /* C4: a database behind what its hosts have seen is held */
#endif
#ifndef FIX_RUN
#define FIX_RUN 1       /* H5: a mark names the run of the server */
#endif
#ifndef FIX_CLOCK
#define FIX_CLOCK 1     /* H7: replay asks no clock */
#endif
#ifndef FIX_HELD
#define FIX_HELD 1      /* a hold that was copied with its database begins anew */
#endif
#ifndef FIX_LATE
#define FIX_LATE 1      /* M8: a promotion is one however late it comes */
#endif

#ifndef FAILURES
#define FAILURES 2
#endif
#ifndef SIZE
#define SIZE 2          /* messages in a chunk */
#endif
/* What may fail. LOSE and BOOT are of a primary with a replica, PUTBACK and RESTORE of one with a copy on a shelf. */
#define CRASH 1         /* PostgreSQL is killed and starts again */
#define LOSE 2          /* the primary is lost, and the replica is promoted */
#define BOOT 4          /* the old primary is started again */
#define PUTBACK 8       /* an earlier snapshot of the primary's disk is put back */
#define RESTORE 16      /* a backup is restored into a new database */
#define HOST 32         /* a sender's host is lost for good, with its journal and memory */
#define KILL 64         /* a sender process is killed; another one starts */
#define STALL 128       /* a sender stands still for longer than its lease */
#define WITH_REPLICA (CRASH | LOSE | BOOT | HOST | KILL | STALL)
#define WITH_COPY (CRASH | PUTBACK | RESTORE | HOST | KILL | STALL)
#ifndef EVENTS
#define EVENTS WITH_REPLICA
#endif
#define HAS_REPLICA ((EVENTS) & (LOSE | BOOT))
#define MAY(event) (((EVENTS) & event) && failures < FAILURES)

#ifdef WITHDRAWAL
#define ORDERED 0
#else
#define ORDERED 1       /* chunks are alike, and so are senders: the first of them begins */
#endif
#define NONE 2
#define MESSAGES (2 * SIZE)
#define M(c, k) ((c) * SIZE + (k))
#define ASKER M(1, SIZE - 1)    /* the message of the person who unsubscribes */

/* A delivery's state. LOST + i: unknown since sender i was given up; its journal may settle it. */
#define PENDING 0
#define SENT 1
#define UNKNOWN 2
#define SKIPPED 3
#define LOST 4
/* Why sending is held. */
#define REJOINED 1
#define PROMOTED 2
#define RESTORED 3

typedef Database {
  byte id;              /* 1: the first primary, 2: the promoted replica, 3: a restored backup */
  byte accepted;        /* the identity that the fence holds */
  byte held;
  bit head;             /* lineage: accepted anew once more than at the start */
  bit position;         /* its log is beyond that of the copy */
  bit withdrawn, read;  /* the person's no; the withdrawals journal was read since the hold began */
  byte owner[2];        /* claims */
  byte mark[2];         /* 2k + 1: message k is under way, 2k + 2: accepted, for the greatest k */
  bit trusted[2];       /* the mark is of the server's present run */
  byte state[MESSAGES];
  byte member[2];       /* 1: a row in sender_process, 2: it has joined */
  bit replayed[2];
}
typedef Sender {
  bit lost;
  bit fenced, known, joined, joining, has_replayed;
  bit slow;             /* its clock is behind */
  bit stalled;
  byte link;            /* the database it is connected to */
  byte chunk, place;    /* the claim it works on, and its next message there */
  byte phase;           /* of that message */
  byte seen_id;         /* memory: 0 if it has none */
  bit seen_promoted, seen_head, seen_position, seen_other;
}
#define READY 0
#define GRANTED 1       /* marked and checked: content may leave */
#define UNDER_WAY 2

Database db[2];         /* 1: the replica, or the copy on the shelf */
Sender s[2];
bit up[2];
byte failures;
/* What the world saw: 1 + i: content left sender i, 3 + i: it was accepted. Also what the journal of i knows. */
byte truth[MESSAGES];
bit answered, journaled, claimed;
hidden byte k, i;

#define me (_pid - 1)
#define S s[me]
#define D db[s[me].link]
#define CONNECTED (!S.lost && S.link != NONE)
#define FREE (CONNECTED && !S.fenced && !D.held)
#define BEGUN(i) (1 + (i))
#define ACCEPTED(i) (3 + (i))

/* settings/database_memory.py:judge */
#define REFUSED(i, d) (FIX_MEMORY && s[i].seen_promoted && db[d].id == 1)
#define OLDER(i, d) (s[i].seen_id && FIX_POSITION && s[i].seen_head == db[d].head && s[i].seen_id == db[d].id && \
  s[i].seen_position > db[d].position)
#define CHANGED(i, d) (s[i].seen_id && FIX_MEMORY && (s[i].seen_head != db[d].head || s[i].seen_id != db[d].id))
#define KNOWN(i, d) (!REFUSED(i, d) && !OLDER(i, d) && !CHANGED(i, d))
/* A host without a memory asks all servers; others try one after the other. */
#define MAY_USE(i, d) (up[d] && !REFUSED(i, d) && !(FIX_NEWEST && !s[i].seen_id && d == 0 && up[1]))

/* Of a mark that isn't trusted, only what was accepted counts. */
#define DOUBTED(mark) (FIX_RUN -> mark & 6 : mark)
inline copy(a, b) {
  db[a].id = db[b].id; db[a].accepted = db[b].accepted; db[a].held = db[b].held; db[a].head = db[b].head;
  db[a].withdrawn = db[b].withdrawn; db[a].read = db[b].read; db[a].position = 0;
  for (k : 0 .. 1) {
    db[a].owner[k] = db[b].owner[k]; db[a].mark[k] = DOUBTED(db[b].mark[k]); db[a].trusted[k] = 0;
    db[a].member[k] = db[b].member[k]; db[a].replayed[k] = db[b].replayed[k];
  }
  for (k : 0 .. MESSAGES - 1) { db[a].state[k] = db[b].state[k]; }
  k = 0;
}
inline release(d, c) { db[d].owner[c] = NONE; db[d].mark[c] = 0; db[d].trusted[c] = 0; }
inline forget_work(i) { s[i].stalled = 0; s[i].chunk = NONE; s[i].phase = READY; s[i].place = 0; }
inline next() {
  S.place++; S.phase = READY;
  if :: S.place == SIZE -> forget_work(me); :: else fi
}
inline disconnect(i) { s[i].link = NONE; s[i].joining = 0; }
inline cut(d) {
  if :: s[0].link == d -> disconnect(0); :: else fi;
  if :: s[1].link == d -> disconnect(1); :: else fi;
}
/* sql/server_run.sql: nothing that was reported to an earlier run counts */
inline restart(d) {
  db[d].mark[0] = DOUBTED(db[d].mark[0]); db[d].mark[1] = DOUBTED(db[d].mark[1]);
  db[d].trusted[0] = 0; db[d].trusted[1] = 0;
  if :: FIX_HELD -> db[d].replayed[0] = 0; db[d].replayed[1] = 0; db[d].read = 0; :: else fi
}
inline hold(d, cause) {
  db[d].held = cause; db[d].replayed[0] = 0; db[d].replayed[1] = 0; db[d].read = 0;
}
inline open(d) {
  if :: db[d].held != REJOINED -> db[d].head = 1; :: else fi;
  db[d].held = 0; db[d].accepted = db[d].id; db[d].replayed[0] = 0; db[d].replayed[1] = 0; db[d].read = 0;
}
/* From i's journal, when it works on nothing of the chunk. */
inline settle(c) {
  for (k : 0 .. SIZE - 1) {
    if
    :: D.state[M(c, k)] == PENDING && truth[M(c, k)] == ACCEPTED(me) -> D.state[M(c, k)] = SENT;
    :: D.state[M(c, k)] == PENDING && truth[M(c, k)] == BEGUN(me) -> D.state[M(c, k)] = UNKNOWN;
    :: else
    fi
  }
  k = 0; release(s[me].link, c);
}
inline become_member() {
  D.member[me] = 2; S.known = !FIX_AGAIN;
  S.joining = 0; S.joined = 1; S.has_replayed = 0; S.fenced = 0;
  S.seen_id = D.id; S.seen_promoted = (D.id == 2); S.seen_head = D.head; S.seen_position = D.position;
  S.seen_other = (D.member[1 - me] == 2);
}
#define WAITING(c) (D.state[M(c, 0)] == PENDING || D.state[M(c, SIZE - 1)] == PENDING)
/* No clock decides: a lease may be over as soon as its sender isn't connected. */
#define EXPIRED(c) (D.owner[c] == 1 - me && (s[1 - me].link != S.link || s[1 - me].stalled))
#define UNRECORDED(k) (truth[M(S.chunk, k)] == ACCEPTED(me) && D.state[M(S.chunk, k)] == PENDING)
#define LEFT_BEHIND(c) (D.state[M(c, 0)] == LOST + me || D.state[M(c, SIZE - 1)] == LOST + me)
#define THIS M(S.chunk, S.place)
#define OWN_MARK (2 * S.place + (S.phase != READY))

inline claim(c) {
  S.chunk = c; S.place = 0; D.owner[c] = me; D.mark[c] = 0; D.trusted[c] = 1;
  D.position = !HAS_REPLICA; S.seen_position = D.position;
}
inline give_up(c) {
  for (k : 0 .. SIZE - 1) {
    if
    :: D.state[M(c, k)] != PENDING || (D.trusted[c] && D.mark[c] <= 2 * k)
    :: else ->
       if
       :: D.mark[c] >= 2 * k + 2 -> assert(truth[M(c, k)] == ACCEPTED(1 - me)); D.state[M(c, k)] = SENT;
       :: else -> D.state[M(c, k)] = (s[1 - me].lost -> UNKNOWN : LOST + 1 - me);
       fi
    fi
  }
  k = 0; release(s[me].link, c); s[1 - me].stalled = 0;
}
inline reopen(c) {
  for (k : 0 .. SIZE - 1) {
    if
    :: D.state[M(c, k)] == LOST + me ->
       D.state[M(c, k)] = (truth[M(c, k)] == ACCEPTED(me) -> SENT : (truth[M(c, k)] == BEGUN(me) -> UNKNOWN : PENDING));
    :: else
    fi
  }
  k = 0;
}

inline arrive() {
  if :: !KNOWN(me, S.link) || D.accepted != D.id || !D.member[me] -> S.fenced = 1; :: else fi;
  if :: S.seen_id && D.id == 2 -> S.seen_promoted = 1; :: else fi;
}

#define CAUSE (D.accepted != D.id && D.id == 2 && FIX_LATE -> PROMOTED : \
  (D.accepted != D.id || OLDER(me, S.link) -> RESTORED : 0))
#define IS_CHECKED (CAUSE <= D.held)

proctype Sending() {
end:
  do
  :: d_step { !S.lost && S.link == NONE && MAY_USE(me, 0) -> S.link = 0; arrive(); }
  :: d_step { !S.lost && S.link == NONE && MAY_USE(me, 1) -> S.link = 1; arrive(); }

  /* fence.py:check */
  :: d_step { CONNECTED && (FIX_HELD || !D.held) && CAUSE > D.held -> hold(S.link, CAUSE); }
  /* upkeep.py:_replay */
  :: d_step { CONNECTED && D.held && (IS_CHECKED || !FIX_HELD) && S.chunk == NONE && !D.replayed[me] ->
       for (k : 0 .. MESSAGES - 1) {
         if
         :: S.slow && D.owner[k / SIZE] != me
         :: else ->
            if
            :: truth[k] == ACCEPTED(me) && D.state[k] != SKIPPED -> D.state[k] = SENT;
            :: truth[k] == BEGUN(me) && (D.state[k] == PENDING || D.state[k] == LOST + me) -> D.state[k] = UNKNOWN;
            :: else
            fi
         fi
       }
       k = 0;
       if :: D.owner[0] == me -> release(S.link, 0); :: else fi;
       if :: D.owner[1] == me -> release(S.link, 1); :: else fi;
       if :: !D.member[me] -> D.member[me] = 1; :: else fi; D.replayed[me] = 1; S.known = !FIX_AGAIN; S.has_replayed = 1; }
  /* upkeep.py:_join */
  :: d_step { CONNECTED && !D.held && IS_CHECKED && (S.fenced || S.has_replayed) && !S.joining && (me == 0 || s[0].seen_id) ->
       if
       :: !S.has_replayed && (!KNOWN(me, S.link) || (FIX_MEMORY && S.joined && !D.member[me])) -> hold(S.link, REJOINED);
       :: else ->
          if
          :: !FIX_JOIN || !HAS_REPLICA || up[1] || (FIX_AGAIN -> S.joined && D.member[me] == 2 : S.known && D.member[me]) -> become_member();
          :: else -> S.joining = 1; S.known = !FIX_AGAIN; if :: !D.member[me] -> D.member[me] = 1; :: else fi
          fi
       fi }
  :: d_step { CONNECTED && S.joining ->
       become_member();
       if :: failures < FAILURES && !up[1] -> copy(1, 0); :: else fi }
  :: d_step { CONNECTED && S.joining && s[1 - me].link == S.link && !s[1 - me].fenced ->   /* a minute is over */
       s[1 - me].seen_other = 1; become_member(); }

  /* claims.py:claim, sender.py:_remember */
  :: d_step { FREE && D.accepted == D.id && S.chunk == NONE && D.owner[0] == NONE && WAITING(0) -> claim(0); claimed = 1; }
  :: d_step { FREE && D.accepted == D.id && S.chunk == NONE && D.owner[1] == NONE && WAITING(1) && (ORDERED -> claimed : true) -> claim(1); }
  /* start_marks.py:_commit, chunk.py:_check_claim */
  :: d_step { FREE && S.chunk != NONE && S.phase == READY && D.owner[S.chunk] == me ->
       if
       :: D.state[THIS] != PENDING -> next();
       :: else ->
          if
          :: THIS == ASKER && D.withdrawn -> D.state[THIS] = SKIPPED; next();
          :: else ->
             assert(!(THIS == ASKER && answered));
             S.phase = GRANTED; D.mark[S.chunk] = OWN_MARK;
             if :: FIX_RUN -> D.trusted[S.chunk] = 1; :: else fi;
          fi
       fi }
  /* journal.py:started and the content; journal.py:replied */
  :: d_step { !S.lost && S.chunk != NONE && S.phase == GRANTED ->
       assert(!truth[THIS]); truth[THIS] = BEGUN(me); S.phase = UNDER_WAY; }
  :: d_step { !S.lost && S.chunk != NONE && S.phase == UNDER_WAY ->
       truth[THIS] = ACCEPTED(me); next(); }
  /* chunk.py: the marks again, then the heartbeat */
  :: d_step { FREE && S.chunk != NONE && D.owner[S.chunk] == me && !D.trusted[S.chunk] ->
       D.trusted[S.chunk] = 1;
       if :: FIX_RUN -> D.mark[S.chunk] = OWN_MARK; :: else fi }
  /* outcomes.py:record */
  :: d_step { FREE && S.chunk != NONE && D.owner[S.chunk] == me && (UNRECORDED(0) || UNRECORDED(SIZE - 1)) ->
       if :: UNRECORDED(0) -> D.state[M(S.chunk, 0)] = SENT; :: else fi;
       if :: UNRECORDED(SIZE - 1) -> D.state[M(S.chunk, SIZE - 1)] = SENT; :: else fi }
  /* The chunk's work ends; its rows follow below. */
  :: d_step { CONNECTED && S.chunk != NONE && S.phase != UNDER_WAY &&
       (S.fenced || D.held || D.owner[S.chunk] != me) -> forget_work(me); }

  /* recovery.py:recover_own, settle_lost_claims, give_up_lost_hosts */
  :: d_step { FREE && D.owner[0] == me && S.chunk != 0 -> settle(0); }
  :: d_step { FREE && D.owner[1] == me && S.chunk != 1 -> settle(1); }
  :: d_step { FREE && D.owner[0] == NONE && S.chunk != 0 && LEFT_BEHIND(0) -> reopen(0); }
  :: d_step { FREE && D.owner[1] == NONE && S.chunk != 1 && LEFT_BEHIND(1) -> reopen(1); }
  :: d_step { FREE && D.accepted == D.id && EXPIRED(0) -> give_up(0); }
  :: d_step { FREE && D.accepted == D.id && EXPIRED(1) -> give_up(1); }
  od
}
/* fence.py:resume_if_whole, resume_all */
#define REMEMBERED(d, i) (FIX_NAMES && db[d].held != REJOINED && db[d].replayed[1 - i] && s[1 - i].seen_other)
#define WAITS_FOR(d, i) ((db[d].member[i] || REMEMBERED(d, i)) && !db[d].replayed[i])
#define REPORTED(d, i) (s[i].lost || db[d].replayed[i])
#define AUTOMATIC(d) (db[d].held == PROMOTED || db[d].held == REJOINED)
#define WHOLE(d) (up[d] && db[d].held && db[d].read && !JOURNAL_LOST(d) && !WAITS_FOR(d, 0) && !WAITS_FOR(d, 1) && \
  (AUTOMATIC(d) -> (db[d].replayed[0] || db[d].replayed[1]) : (db[d].id != 2 && REPORTED(d, 0) && REPORTED(d, 1))))
#define JOURNAL_LOST(d) (db[d].held == RESTORED && db[d].id == 3 && (s[0].lost || s[1].lost))  /* `restored` settles */
#define GIVEN_UP(d) (up[d] && db[d].held && db[d].read && REPORTED(d, 0) && REPORTED(d, 1) && \
  ((WAITS_FOR(d, 0) && s[0].lost) || (WAITS_FOR(d, 1) && s[1].lost) || JOURNAL_LOST(d)))
inline settle_as_unknown(d) {
  for (k : 0 .. MESSAGES - 1) { if :: db[d].state[k] == PENDING -> db[d].state[k] = UNKNOWN; :: else fi }
  k = 0; release(d, 0); release(d, 1);
}
inline lose_marks(d, c) {
  if
  :: true
  :: db[d].mark[c] > 0 -> db[d].mark[c] = 0;
  :: db[d].mark[c] > 2 -> db[d].mark[c] = 1;
  fi
}
inline note(i) {    /* within the 15 seconds before */
  if :: s[i].seen_id -> s[i].seen_position = s[i].seen_position | db[0].position; s[i].seen_other = (db[0].member[1 - i] == 2); :: else fi
}
inline begin_anew(i) {
  disconnect(i); forget_work(i); s[i].fenced = 1; s[i].known = 0; s[i].joined = 0; s[i].has_replayed = 0;
}
/* What can't be used any longer doesn't make states differ. */
inline wipe(d) {
  db[d].id = 0; db[d].accepted = 0; db[d].held = 0; db[d].head = 0; db[d].position = 0; db[d].withdrawn = 0; db[d].read = 0;
  for (k : 0 .. 1) {
    release(d, k); db[d].member[k] = 0; db[d].replayed[k] = 0;
  }
  for (k : 0 .. MESSAGES - 1) { db[d].state[k] = 0; }
  k = 0;
}
inline tidy() {
  if
  :: failures == FAILURES && !up[0] -> wipe(0);
  :: !up[1] && (failures == FAILURES || (!HAS_REPLICA && (db[0].id == 3 || db[0].head))) -> wipe(1);
  :: else
  fi
}
#define CURRENT (up[1] -> 1 : 0)

init {
  atomic {
    for (i : 0 .. 1) { s[i].link = NONE; s[i].chunk = NONE; s[i].fenced = 1; db[0].owner[i] = NONE; }
    i = 0; db[0].id = 1; db[0].accepted = 1; up[0] = 1; s[1].slow = !FIX_CLOCK;
    copy(1, 0);
    run Sending(); run Sending(); tidy();
  }
  do
  :: d_step { WHOLE(0) -> open(0); tidy(); }
  :: d_step { WHOLE(1) -> open(1); }
  :: d_step { GIVEN_UP(0) -> settle_as_unknown(0); open(0); tidy(); }
  :: d_step { GIVEN_UP(1) -> settle_as_unknown(1); open(1); }
  /* withdrawal_journals: read to a held database */
  :: d_step { up[0] && db[0].held && !db[0].read -> db[0].withdrawn = db[0].withdrawn | journaled; db[0].read = 1; }
  :: d_step { up[1] && db[1].held && !db[1].read -> db[1].withdrawn = db[1].withdrawn | journaled; db[1].read = 1; }
#ifdef WITHDRAWAL
  :: d_step { !answered -> db[CURRENT].withdrawn = 1; answered = 1;
       if :: !HAS_REPLICA && !s[0].seen_position && !s[1].seen_position -> db[0].position = 1; :: else fi;
       journaled = FIX_JOURNALED; }
#endif
  /* The replica follows; the copy on the shelf is made anew. */
  :: d_step { up[0] && !up[1] && failures < FAILURES && (HAS_REPLICA || (db[0].id == 1 && !db[0].head)) -> copy(1, 0);
       if :: db[0].position -> db[0].position = 0; s[0].seen_position = 0; s[1].seen_position = 0; :: else fi }

  :: atomic { MAY(CRASH) -> failures++; lose_marks(CURRENT, 0); lose_marks(CURRENT, 1); restart(CURRENT); cut(CURRENT); tidy(); }
  :: d_step { MAY(LOSE) && up[0] && !up[1] -> failures++; up[0] = 0; cut(0); up[1] = 1; db[1].id = 2; restart(1); tidy(); }
  :: d_step { MAY(BOOT) && up[1] && !up[0] -> failures++; up[0] = 1; restart(0); tidy(); }
  :: d_step { up[0] && up[1] -> up[0] = 0; cut(0); tidy(); }   /* it is stopped again */
  :: d_step { MAY(PUTBACK) && s[0].seen_id && s[1].seen_id && db[0].id == 1 && !db[0].head -> failures++; note(0); note(1); cut(0); copy(0, 1); restart(0); tidy(); }
  :: d_step { MAY(RESTORE) && db[0].id == 1 && !db[0].head -> failures++; note(0); note(1); cut(0); copy(0, 1); restart(0); db[0].id = 3; tidy(); }
  :: d_step { MAY(HOST) && s[1].seen_id && !s[1].lost -> failures++; begin_anew(1); s[1].lost = 1; tidy(); }
  :: d_step { MAY(HOST) && s[0].seen_id && !s[0].lost -> failures++; begin_anew(0); s[0].lost = 1; tidy(); }
  :: d_step { MAY(STALL) && s[0].chunk != NONE -> failures++; s[0].stalled = 1; tidy(); }
  :: d_step { MAY(STALL) && s[1].chunk != NONE -> failures++; s[1].stalled = 1; tidy(); }
  :: d_step { MAY(KILL) && s[0].seen_id && !s[0].lost -> failures++; begin_anew(0); tidy(); }
  :: d_step { MAY(KILL) && s[1].seen_id && !s[1].lost -> failures++; begin_anew(1); tidy(); }

  /* Restarting processes is no failure. With one server it adds nothing to KILL. */
  :: d_step { up[0] && up[1] && s[0].link == 1 && s[0].chunk == NONE -> begin_anew(0); }
  :: d_step { up[0] && up[1] && s[1].link == 1 && s[1].chunk == NONE -> begin_anew(1); }

  /* never lost: where a sender lives, each message ends sent, skipped or unknown */
  :: timeout ->
     for (i : 0 .. MESSAGES - 1) { assert((s[0].lost && s[1].lost) || db[CURRENT].state[i] != PENDING); }
     break
  od
}
