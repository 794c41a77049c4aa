package dev.sluice.manager.store;

import com.google.protobuf.ByteString;
import dev.sluice.manager.store.EtcdWatch.Begun;
import dev.sluice.manager.store.EtcdWatch.Ended;
import dev.sluice.manager.store.EtcdWatch.Item;
import dev.sluice.manager.store.EtcdWatch.Transaction;
import dev.sluice.manager.store.StoreException.Reason;
import dev.sluice.manager.store.rpc.CompactionRequest;
import dev.sluice.manager.store.rpc.Compare;
import dev.sluice.manager.store.rpc.KVGrpc;
import dev.sluice.manager.store.rpc.KeyValue;
import dev.sluice.manager.store.rpc.RangeRequest;
import dev.sluice.manager.store.rpc.RangeResponse;
import dev.sluice.manager.store.rpc.RequestOp;
import dev.sluice.manager.store.rpc.TxnRequest;
import dev.sluice.manager.store.rpc.TxnResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A store in a cluster of etcd, for several managers. Any thread; transactions of one manager are one after the other. What is read is the newest that a majority of members
 * has. Keys and transactions are etcd's; revisions are those of etcd, counted from when the store was made, so some numbers are left out.
 */
public final class EtcdStore implements Store {
    /** The options of etcd without which it takes no large transactions. */
    static final String MEMBERS_NEED = "start its members with --max-txn-ops=25000 --max-request-bytes=33554432";

    /** Most checks and changes of one transaction. */
    private static final int OPERATIONS = CHANGES_MAX + 1_000;

    private static final int TRIES_MAX = 20;

    /** How much longer a megabyte may take on its way to the disks of a majority. */
    private static final long MEGABYTE_MS = 500;

    private static final long HISTORY_MS = 5_000;
    private static final long COMPACT_MS = 30_000;

    private final EtcdCalls calls;
    private final EtcdKeys keys;
    private final String name;
    private final ByteString writer;
    private final Revisions revisions = new Revisions();
    private final ReentrantLock writing = new ReentrantLock();

    /** Of etcd, when this manager stored something last; 0: never. Guarded by the lock. */
    private long writerRevision;

    private volatile EtcdNumbers numbers;
    private volatile EtcdTail tail;

    private EtcdStore(EtcdCalls calls, EtcdOptions options) {
        this.calls = calls;
        keys = new EtcdKeys(options.prefix());
        name = options.name();
        writer = keys.writer(name);
        numbers = EtcdBase.read(calls, keys);
        checkOperations();
        long newest = revision();
        revisions.start(newest, numbers.first());
        tail = new EtcdTail(calls, numbers, revisions, newest, this::revision);
    }

    /**
     * Opens the store of a cluster, or makes it.
     *
     * @throws StoreException if the cluster does not answer, or what it holds is no whole store
     */
    public static EtcdStore open(EtcdOptions options) {
        return open(options, EtcdCalls.PATIENCE_MS);
    }

    static EtcdStore open(EtcdOptions options, long patienceMs) {
        EtcdCalls calls = new EtcdCalls(options, patienceMs);
        try {
            return new EtcdStore(calls, options);
        } catch (RuntimeException e) {
            calls.close();
            throw e;
        }
    }

    /** Asks for more than a member takes by itself, so that nobody learns with the first large change that it is too large. */
    private void checkOperations() {
        Compare never = Compare.newBuilder().setKey(keys.base()).setVersion(-1).build();
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (int i = 0; i < OPERATIONS; i++) {
            request.addCompare(never);
        }
        transaction(0, request.build());
    }

    private TxnResponse transaction(long moreMs, TxnRequest request) {
        try {
            return calls.ask(
                    moreMs,
                    (channel, ms) -> KVGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                            .txn(request));
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    private RangeResponse range(RangeRequest request) {
        return calls.ask((channel, ms) -> KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                .range(request));
    }

    private RangeRequest lastWriter() {
        return RangeRequest.newBuilder()
                .setKey(keys.writers())
                .setRangeEnd(keys.writersEnd())
                .setSortTarget(RangeRequest.SortTarget.MOD)
                .setSortOrder(RangeRequest.SortOrder.DESCEND)
                .setLimit(1)
                .build();
    }

    private long newest(RangeResponse writers) {
        return writers.getKvsCount() == 0
                ? numbers.first()
                : numbers.own(writers.getKvs(0).getModRevision());
    }

    @Override
    public long revision() {
        try {
            return newest(range(lastWriter()));
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    @Override
    public long compacted() {
        return revisions.compacted();
    }

    @Override
    public Optional<Entry> get(String key) {
        Keys.check(key);
        try {
            return range(RangeRequest.newBuilder().setKey(keys.data(key)).build()).getKvsList().stream()
                    .findFirst()
                    .map(numbers::entry);
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    @Override
    public Listing list(String prefix, String after, int limit, long revision) throws CompactedException {
        Keys.checkLimit(limit);
        if (revision != 0) {
            checkKept(revision);
        }
        String first = after.compareTo(prefix) > 0 ? after : prefix;
        ByteString key = keys.data(first);
        RangeRequest wanted = RangeRequest.newBuilder()
                .setKey(first.equals(after) && !after.isEmpty() ? key.concat(ByteString.copyFrom(new byte[1])) : key)
                .setRangeEnd(keys.data(Keys.end(prefix)))
                .setLimit(limit)
                .setRevision(revision == 0 ? 0 : numbers.etcd(revision))
                .build();
        try {
            if (revision != 0) {
                return listing(revision, range(wanted));
            }
            // In one transaction, so that the entries are those of the revision.
            TxnResponse both = transaction(
                    0,
                    TxnRequest.newBuilder()
                            .addSuccess(RequestOp.newBuilder().setRequestRange(lastWriter()))
                            .addSuccess(RequestOp.newBuilder().setRequestRange(wanted))
                            .build());
            return listing(
                    newest(both.getResponses(0).getResponseRange()),
                    both.getResponses(1).getResponseRange());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.OUT_OF_RANGE) {
                throw compacted(revision, revision());
            }
            throw calls.refusal(e);
        }
    }

    private Listing listing(long revision, RangeResponse found) {
        return new Listing(
                revision, found.getKvsList().stream().map(numbers::entry).toList(), found.getMore());
    }

    private void checkKept(long revision) throws CompactedException {
        long newest = revisions.newest();
        newest = revision > newest ? revision() : newest;
        if (revision < revisions.compacted() || revision > newest) {
            throw new CompactedException(revision, revisions.compacted(), newest);
        }
    }

    /** Somebody else has had history forgotten: asks how far. */
    private CompactedException compacted(long asked, long newest) {
        try (EtcdWatch watch = new EtcdWatch(calls.channel(calls.member()), keys, 1)) {
            Item item = watch.next(HISTORY_MS);
            while (item instanceof Begun) {
                item = watch.next(HISTORY_MS);
            }
            if (item instanceof Ended(long oldest, String _) && oldest > 0) {
                revisions.compact(Math.max(revisions.compacted(), numbers.own(oldest)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new CompactedException(asked, Math.max(revisions.compacted(), asked + 1), newest);
    }

    @Override
    public List<Event> events(String prefix, long after, int limit) throws CompactedException {
        Keys.check(prefix);
        long newest = revision();
        if (after < revisions.compacted() || after > newest) {
            throw new CompactedException(after, revisions.compacted(), newest);
        }
        if (after == newest) {
            return List.of();
        }
        try {
            if (!tail.reach(newest)) {
                throw new StoreException(
                        Reason.FAILED, "no member of etcd tells what happened since revision " + after);
            }
            Optional<List<Event>> recent = tail.since(prefix, after, limit);
            return recent.isPresent() ? recent.get() : history(prefix, after, limit, newest);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Reason.FAILED, "stopped while reading what happened", e);
        }
    }

    /** What happened longer ago than is kept here. */
    private List<Event> history(String prefix, long after, int limit, long newest)
            throws CompactedException, InterruptedException {
        int member = calls.member();
        List<Event> found = new ArrayList<>();
        try (EtcdWatch watch = new EtcdWatch(calls.channel(member), keys, numbers.etcd(after) + 1)) {
            while (found.size() < limit) {
                switch (watch.next(HISTORY_MS)) {
                    case Transaction(long revision, var events) -> {
                        events.stream()
                                .map(numbers::event)
                                .filter(event -> event.entry().key().startsWith(prefix))
                                .forEach(found::add);
                        if (numbers.own(revision) >= newest) {
                            return List.copyOf(found);
                        }
                    }
                    case Begun _ -> {}
                    case Ended(long oldest, String why) -> {
                        if (oldest > 0) {
                            revisions.compact(Math.max(revisions.compacted(), numbers.own(oldest)));
                            throw new CompactedException(after, revisions.compacted(), newest);
                        }
                        calls.next(member);
                        throw new StoreException(Reason.FAILED, "etcd does not tell what happened: " + why);
                    }
                    case null -> {
                        calls.next(member);
                        throw new StoreException(Reason.FAILED, "etcd does not tell what happened in time");
                    }
                }
            }
        }
        return List.copyOf(found);
    }

    @Override
    public long await(long after, long timeoutMs) throws InterruptedException {
        return revisions.await(after, timeoutMs);
    }

    @Override
    public Outcome commit(List<Condition> conditions, List<Change> changes) {
        Keys.check(conditions, changes);
        ByteString number = EtcdKeys.bytes(UUID.randomUUID().toString());
        EtcdCommit commit = new EtcdCommit(numbers, writer, number, conditions, changes);
        writing.lock();
        try {
            return commit(commit);
        } finally {
            writing.unlock();
        }
    }

    private Outcome commit(EtcdCommit commit) {
        long moreMs = commit.sizeBytes() * MEGABYTE_MS / (1 << 20);
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            TxnResponse answer;
            try {
                answer = transaction(moreMs, commit.request(writerRevision));
            } catch (StoreException e) {
                return afterAll(commit, e);
            }
            if (answer.getSucceeded()) {
                writerRevision = answer.getHeader().getRevision();
                return new Committed(numbers.own(writerRevision));
            }
            Optional<KeyValue> found = EtcdCommit.writer(answer);
            writerRevision = found.map(KeyValue::getModRevision).orElse(0L);
            if (commit.isDone(found)) {
                return new Committed(numbers.own(writerRevision));
            }
            Optional<Conflict> conflict = commit.conflict(answer);
            if (conflict.isPresent()) {
                return conflict.get();
            }
        }
        throw new StoreException(
                Reason.FAILED, "another manager stores under the name of this one; give each its own name");
    }

    /** A member that runs out of room while it carries a transaction out does so, and says that there was none: whether it did is asked. */
    private Outcome afterAll(EtcdCommit commit, StoreException refused) {
        if (refused.reason() != Reason.FULL) {
            throw refused;
        }
        Optional<KeyValue> found;
        try {
            found = range(RangeRequest.newBuilder().setKey(writer).build()).getKvsList().stream()
                    .findFirst();
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
        if (!commit.isDone(found)) {
            throw refused;
        }
        writerRevision = found.orElseThrow(() -> new IllegalStateException("what is done has a writer"))
                .getModRevision();
        return new Committed(numbers.own(writerRevision));
    }

    @Override
    public void compact(long revision) throws CompactedException {
        if (revision == revisions.compacted()) {
            EtcdRoom.make(calls);
            return;
        }
        long newest = revision();
        if (revision < revisions.compacted() || revision > newest) {
            throw new CompactedException(revision, revisions.compacted(), newest);
        }
        try {
            CompactionRequest request = CompactionRequest.newBuilder()
                    .setRevision(numbers.etcd(revision))
                    .setPhysical(true)
                    .build();
            calls.ask(
                    COMPACT_MS,
                    (channel, ms) -> KVGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                            .compact(request));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.OUT_OF_RANGE) {
                throw calls.refusal(e);
            }
            // Another manager was faster, or this one asked twice.
            CompactedException other = compacted(revision, newest);
            if (revision < revisions.compacted()) {
                throw other;
            }
        }
        revisions.compact(Math.max(revision, revisions.compacted()));
        EtcdRoom.make(calls);
    }

    @Override
    public void restore(long revision, List<Entry> entries) {
        writing.lock();
        try {
            tail.close();
            numbers = EtcdBase.fill(calls, numbers, writer, revision, entries);
            writerRevision = numbers.base();
            revisions.start(revision, revision);
        } finally {
            tail = new EtcdTail(calls, numbers, revisions, revisions.newest(), this::revision);
            writing.unlock();
        }
    }

    @Override
    public boolean lacksRoom() {
        return calls.isFull();
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public Election elect(Election.Candidate candidate) {
        return elect(candidate, EtcdElection.USUAL);
    }

    Election elect(Election.Candidate candidate, EtcdElection.Times times) {
        return EtcdElection.start(calls, numbers, name, candidate, times);
    }

    @Override
    public long sizeBytes() {
        return EtcdRoom.sizeBytes(calls);
    }

    @Override
    public void close() {
        tail.close();
        revisions.close();
        calls.close();
    }
}
