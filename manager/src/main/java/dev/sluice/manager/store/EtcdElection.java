package dev.sluice.manager.store;

import com.google.protobuf.ByteString;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.rpc.Compare;
import dev.sluice.manager.store.rpc.KVGrpc;
import dev.sluice.manager.store.rpc.KeyValue;
import dev.sluice.manager.store.rpc.PutRequest;
import dev.sluice.manager.store.rpc.RangeRequest;
import dev.sluice.manager.store.rpc.RequestOp;
import dev.sluice.manager.store.rpc.TxnRequest;
import dev.sluice.manager.store.rpc.TxnResponse;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An election by a key that only one manager can make, and that etcd removes when its maker has not been heard of for a while. Whoever leads stops by its own clock before
 * etcd may let another one begin. A thread of its own; {@link #standing} for any.
 */
final class EtcdElection implements Election {
    /** The usual ones. */
    static final Times USUAL = new Times(6, 4_000, 500);

    /** How long it takes at most to end what is under way. */
    private static final long CLOSE_S = 10;

    /** Where the leader's name is, as a key of the store; each transaction of the leader has the condition that it is as it made it. */
    private static final String LEADER = "leader";

    private static final Logger LOG = LoggerFactory.getLogger(EtcdElection.class);

    /**
     * How long what takes.
     *
     * @param leaseS how long etcd waits for the one that leads
     * @param sureMs a leader that was not heard for so long stops: well before etcd gives it up
     * @param lookMs how often etcd is asked who leads, or told that this one lives
     */
    record Times(int leaseS, long sureMs, long lookMs) {}

    private final EtcdCalls calls;
    private final Times times;
    private final EtcdNumbers numbers;
    private final String name;
    private final ByteString key;
    private final Candidate candidate;
    private final Thread thread;
    private final EtcdMembers members;
    private volatile Standing standing;
    private volatile boolean stopping;

    /** When this one stops to be sure that it leads, by {@link System#nanoTime}. */
    private volatile long sureUntilNs;

    /** Whether somebody was told that this one is not sure any more: then this term is over. */
    private volatile boolean lapsed;

    /** 0: this one does not lead. The thread's, and the beginning's. */
    private long lease;

    private boolean complained;

    private EtcdElection(EtcdCalls calls, EtcdNumbers numbers, String name, Candidate candidate, Times times) {
        this.calls = calls;
        this.times = times;
        this.numbers = numbers;
        this.name = name;
        this.candidate = candidate;
        key = numbers.keys().data(LEADER);
        members = new EtcdMembers(calls, numbers.keys(), name, candidate.address());
        standing = new Standing(name, false, "", 0);
        thread = Thread.ofPlatform().daemon().name("sluice-election").unstarted(this::run);
    }

    /** Stands for it; once here, so that whoever leads at once and cannot do it learns that here. */
    static EtcdElection start(EtcdCalls calls, EtcdNumbers numbers, String name, Candidate candidate, Times times) {
        EtcdElection election = new EtcdElection(calls, numbers, name, candidate, times);
        try {
            election.stand();
        } catch (StoreException e) {
            if (e.reason() != StoreException.Reason.FULL) {
                throw e;
            }
            LOG.warn("nobody can begin to lead before there is room: {}", e.getMessage());
        }
        election.members.keep(System.nanoTime());
        election.thread.start();
        return election;
    }

    @Override
    public Standing standing() {
        Standing now = standing;
        return now.leads() && !isSure() ? new Standing(name, false, "", 0) : now;
    }

    @Override
    public List<Member> members() {
        return members.all();
    }

    private boolean isSure() {
        if (sureUntilNs - System.nanoTime() <= 0) {
            lapsed = true;
        }
        return !lapsed;
    }

    private void run() {
        while (!stopping) {
            try {
                Thread.sleep(times.lookMs());
                if (lease == 0) {
                    stand();
                } else {
                    keep();
                }
                members.keep(System.nanoTime());
                complained = false;
            } catch (InterruptedException e) {
                break;
            } catch (RuntimeException e) {
                if (!stopping && !complained) {
                    complained = true;
                    LOG.warn("this manager cannot stand for leading now: {}", e.getMessage());
                }
            }
        }
        // What ended the waiting is not to end the giving back.
        boolean interrupted = Thread.interrupted();
        step();
        members.leave();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Looks who leads, and becomes it if nobody does. */
    private void stand() {
        Optional<KeyValue> holder =
                holder(ask(TxnRequest.newBuilder().addSuccess(get()).build()));
        if (holder.isPresent()) {
            follow(holder.get());
            return;
        }
        long askedNs = System.nanoTime();
        long granted = EtcdLease.grant(calls, times.leaseS());
        TxnResponse answer;
        try {
            answer = ask(TxnRequest.newBuilder()
                    .addCompare(Compare.newBuilder()
                            .setTarget(Compare.CompareTarget.CREATE)
                            .setKey(key)
                            .setCreateRevision(0))
                    .addSuccess(RequestOp.newBuilder()
                            .setRequestPut(PutRequest.newBuilder()
                                    .setKey(key)
                                    .setValue(EtcdKeys.bytes(name))
                                    .setLease(granted)))
                    .addSuccess(get())
                    .addFailure(get())
                    .build());
        } catch (RuntimeException e) {
            EtcdLease.revoke(calls, granted);
            throw e;
        }
        // If an answer was lost, the key is there because of the question before.
        KeyValue now = holder(answer).orElseThrow();
        if (now.getLease() != granted) {
            EtcdLease.revoke(calls, granted);
            follow(now);
            return;
        }
        lease = granted;
        sureUntilNs = askedNs + TimeUnit.MILLISECONDS.toNanos(times.sureMs());
        lapsed = false;
        lead(numbers.own(now.getCreateRevision()));
    }

    private void lead(long term) {
        standing = new Standing(name, true, name, term);
        LOG.info("this manager, {}, leads, in term {}", name, term);
        try {
            candidate.begin(new Term(term, List.of(new Condition(LEADER, term)), this::isSure));
        } catch (RuntimeException e) {
            LOG.error("this manager cannot do what the leader does, and leaves it to another: {}", e.getMessage());
            step();
            throw e;
        }
    }

    private void follow(KeyValue leader) {
        String leaderName = leader.getValue().toStringUtf8();
        if (!standing.leader().equals(leaderName)) {
            LOG.info("this manager, {}, stands by; {} leads", name, leaderName);
        }
        standing = new Standing(name, false, leaderName, numbers.own(leader.getCreateRevision()));
    }

    private RequestOp get() {
        return RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(key))
                .build();
    }

    private static Optional<KeyValue> holder(TxnResponse answer) {
        return answer.getResponsesList().getLast().getResponseRange().getKvsList().stream()
                .findFirst();
    }

    private TxnResponse ask(TxnRequest request) {
        try {
            return calls.ask((channel, ms) -> KVGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                    .txn(request));
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    /** Lets etcd know that this one lives; steps back when that was not possible for too long. */
    private void keep() {
        long askedNs = System.nanoTime();
        long leftMs = (sureUntilNs - askedNs) / 1_000_000;
        if (leftMs > 0 && !lapsed) {
            try {
                if (EtcdLease.keep(calls, lease, leftMs) && isSure()) {
                    if (!isMarked(leftMs)) {
                        lapsed = true;
                        LOG.warn(
                                "this manager, {}, leads no longer: somebody removed or replaced the key that says so,"
                                        + " {}",
                                name,
                                key.toStringUtf8());
                        step();
                        return;
                    }
                    sureUntilNs = askedNs + TimeUnit.MILLISECONDS.toNanos(times.sureMs());
                    return;
                }
            } catch (StoreException e) {
                LOG.warn("etcd does not answer this manager, which leads: {}", e.getMessage());
            }
        }
        LOG.warn("this manager, {}, leads no longer: etcd has not heard of it for too long", name);
        step();
    }

    /** Whether etcd still names this one: a lease outlives its key if a person deletes that, and then another one may lead. */
    private boolean isMarked(long patienceMs) {
        TxnRequest question = TxnRequest.newBuilder().addSuccess(get()).build();
        try {
            return holder(calls.askWithin(
                            patienceMs,
                            0,
                            (channel, ms) -> KVGrpc.newBlockingStub(channel)
                                    .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                                    .txn(question)))
                    .filter(found -> found.getLease() == lease)
                    .isPresent();
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    /** Leads no longer; what remains of the lease is given back, so that another one need not wait. */
    private void step() {
        if (lease == 0) {
            return;
        }
        try {
            candidate.end();
        } catch (RuntimeException e) {
            LOG.error("a defect of this program, at the end of leading", e);
        }
        standing = new Standing(name, false, "", 0);
        long ended = lease;
        lease = 0;
        EtcdLease.revoke(calls, ended);
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(CLOSE_S));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
