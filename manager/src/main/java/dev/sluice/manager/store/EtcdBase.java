package dev.sluice.manager.store;

import com.google.protobuf.ByteString;
import dev.sluice.manager.store.StoreException.Reason;
import dev.sluice.manager.store.rpc.Compare;
import dev.sluice.manager.store.rpc.KVGrpc;
import dev.sluice.manager.store.rpc.KeyValue;
import dev.sluice.manager.store.rpc.RangeRequest;
import dev.sluice.manager.store.rpc.RangeResponse;
import dev.sluice.manager.store.rpc.RequestOp;
import dev.sluice.manager.store.rpc.TxnRequest;
import dev.sluice.manager.store.rpc.TxnResponse;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The key that says from where revisions of a store count: its own revision of etcd, and in its value the number of that. Stateless. */
final class EtcdBase {
    private static final String FORMAT = "sluice store 1 from ";
    private static final String BROKEN = "a restore is under way";

    /** The most that goes into one request while a store is filled. */
    private static final int PART_ENTRIES = 5_000;

    private static final long PART_BYTES = 8L << 20;
    private static final long TRY_MS = 10_000;

    private EtcdBase() {}

    private static TxnResponse transaction(EtcdCalls calls, TxnRequest request) {
        try {
            return calls.ask(
                    TRY_MS,
                    (channel, ms) -> KVGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                            .txn(request));
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    /** Reads it; makes it if it is not there. */
    static EtcdNumbers read(EtcdCalls calls, EtcdKeys keys) {
        RequestOp get = RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(keys.base()))
                .build();
        // Reading comes first, since a full etcd refuses all that might write.
        RangeResponse there = transaction(
                        calls, TxnRequest.newBuilder().addSuccess(get).build())
                .getResponses(0)
                .getResponseRange();
        if (there.getKvsCount() == 0) {
            TxnResponse answer = transaction(
                    calls,
                    TxnRequest.newBuilder()
                            .addCompare(none(keys.base()))
                            .addSuccess(EtcdCommit.put(keys.base(), EtcdKeys.bytes(FORMAT + "0")))
                            .addFailure(get)
                            .build());
            if (answer.getSucceeded()) {
                return new EtcdNumbers(keys, answer.getHeader().getRevision(), 0);
            }
            there = answer.getResponses(0).getResponseRange();
        }
        KeyValue found = there.getKvs(0);
        String text = found.getValue().toStringUtf8();
        if (text.equals(BROKEN)) {
            throw new StoreException(
                    Reason.CORRUPT,
                    "a restore into etcd has not come to its end; delete all keys of the prefix, etcdctl del --prefix "
                            + keys.all().toStringUtf8() + ", and restore again");
        }
        if (!text.matches(FORMAT + "[0-9]{1,18}")) {
            throw new StoreException(
                    Reason.CORRUPT,
                    "what etcd has at " + keys.base().toStringUtf8()
                            + " is not a store of this version of Sluice; give another prefix: etcd://HOST:PORT/PREFIX");
        }
        return new EtcdNumbers(keys, found.getModRevision(), Long.parseLong(text.substring(FORMAT.length())));
    }

    /**
     * Fills an empty store; revisions count from the end of that. Broken off in between, the store says so and cannot be used.
     *
     * @throws IllegalStateException if it is not empty
     */
    static EtcdNumbers fill(
            EtcdCalls calls, EtcdNumbers before, ByteString writer, long revision, List<Store.Entry> entries) {
        EtcdKeys keys = before.keys();
        TxnResponse begun = transaction(
                calls,
                TxnRequest.newBuilder()
                        .addCompare(Compare.newBuilder()
                                .setTarget(Compare.CompareTarget.MOD)
                                .setKey(keys.base())
                                .setModRevision(before.base()))
                        .addCompare(none(keys.data("")).setRangeEnd(keys.dataEnd()))
                        .addCompare(none(keys.writers()).setRangeEnd(keys.writersEnd()))
                        .addSuccess(EtcdCommit.put(keys.base(), EtcdKeys.bytes(BROKEN)))
                        .build());
        if (!begun.getSucceeded()) {
            throw new IllegalStateException("not empty");
        }
        List<RequestOp> part = new ArrayList<>();
        long bytes = 0;
        for (Store.Entry entry : entries) {
            if (part.size() == PART_ENTRIES || (!part.isEmpty() && bytes + entry.value().length > PART_BYTES)) {
                transaction(calls, TxnRequest.newBuilder().addAllSuccess(part).build());
                part.clear();
                bytes = 0;
            }
            part.add(EtcdCommit.put(keys.data(entry.key()), ByteString.copyFrom(entry.value())));
            bytes += entry.value().length;
        }
        part.add(EtcdCommit.put(keys.base(), EtcdKeys.bytes(FORMAT + revision)));
        part.add(EtcdCommit.put(writer, EtcdKeys.bytes("restore")));
        TxnResponse done =
                transaction(calls, TxnRequest.newBuilder().addAllSuccess(part).build());
        return new EtcdNumbers(keys, done.getHeader().getRevision(), revision);
    }

    /** That there is no such key. */
    private static Compare.Builder none(ByteString key) {
        return Compare.newBuilder()
                .setTarget(Compare.CompareTarget.CREATE)
                .setKey(key)
                .setCreateRevision(0);
    }
}
