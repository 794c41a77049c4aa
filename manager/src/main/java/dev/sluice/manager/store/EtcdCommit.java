package dev.sluice.manager.store;

import com.google.protobuf.ByteString;
import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Conflict;
import dev.sluice.manager.store.Store.Delete;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.manager.store.rpc.Compare;
import dev.sluice.manager.store.rpc.DeleteRangeRequest;
import dev.sluice.manager.store.rpc.KeyValue;
import dev.sluice.manager.store.rpc.PutRequest;
import dev.sluice.manager.store.rpc.RangeRequest;
import dev.sluice.manager.store.rpc.RequestOp;
import dev.sluice.manager.store.rpc.TxnRequest;
import dev.sluice.manager.store.rpc.TxnResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A transaction as etcd is told it, so that it may be told more than once: it holds only as long as the key of its writer is as the writer knows it, and changes that key to
 * a number of its own. An answer that is lost so does no harm: whoever asks again learns that it is done. Immutable.
 */
final class EtcdCommit {
    private final EtcdNumbers numbers;
    private final ByteString writer;
    private final ByteString number;
    private final List<Condition> conditions;
    private final List<Change> changes;

    /** What has to hold, in the order of the answers after one does not: conditions, then keys to be deleted that no condition says to exist. */
    private final List<Condition> checks = new ArrayList<>();

    EtcdCommit(
            EtcdNumbers numbers,
            ByteString writer,
            ByteString number,
            List<Condition> conditions,
            List<Change> changes) {
        this.numbers = numbers;
        this.writer = writer;
        this.number = number;
        this.conditions = conditions;
        this.changes = changes;
        Set<String> known = new HashSet<>();
        conditions.forEach(condition -> known.add(condition.key()));
        checks.addAll(conditions);
        for (Change change : changes) {
            if (change instanceof Delete(String key) && known.add(key)) {
                checks.add(new Condition(key, -1));
            }
        }
    }

    /** The request, if the writer's key has that revision of etcd; 0: it is not there. */
    TxnRequest request(long writerRevision) {
        EtcdKeys keys = numbers.keys();
        TxnRequest.Builder request = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setTarget(Compare.CompareTarget.MOD)
                        .setKey(writer)
                        .setModRevision(writerRevision))
                .addFailure(RequestOp.newBuilder()
                        .setRequestRange(RangeRequest.newBuilder().setKey(writer)));
        for (Condition check : checks) {
            ByteString key = keys.data(check.key());
            Compare.Builder compare =
                    Compare.newBuilder().setTarget(Compare.CompareTarget.MOD).setKey(key);
            request.addCompare(
                    check.revision() < 0
                            ? compare.setResult(Compare.CompareResult.GREATER).setModRevision(0)
                            : compare.setModRevision(check.revision() == 0 ? 0 : numbers.etcd(check.revision())));
            request.addFailure(RequestOp.newBuilder()
                    .setRequestRange(RangeRequest.newBuilder().setKey(key).setKeysOnly(true)));
        }
        for (Change change : changes) {
            request.addSuccess(
                    switch (change) {
                        case Put(String key, byte[] value) -> put(keys.data(key), ByteString.copyFrom(value));
                        case Delete(String key) ->
                            RequestOp.newBuilder()
                                    .setRequestDeleteRange(
                                            DeleteRangeRequest.newBuilder().setKey(keys.data(key)))
                                    .build();
                    });
        }
        return request.addSuccess(put(writer, number)).build();
    }

    static RequestOp put(ByteString key, ByteString value) {
        return RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder().setKey(key).setValue(value))
                .build();
    }

    /** The writer's key as an answer tells it; empty: it is not there. */
    static Optional<KeyValue> writer(TxnResponse refused) {
        return refused.getResponses(0).getResponseRange().getKvsList().stream().findFirst();
    }

    /** Whether it was this transaction that the writer did last. */
    boolean isDone(Optional<KeyValue> found) {
        return found.isPresent() && found.get().getValue().equals(number);
    }

    /** What did not hold; empty: everything did, but the writer's key. */
    Optional<Conflict> conflict(TxnResponse refused) {
        for (int i = 0; i < checks.size(); i++) {
            Condition check = checks.get(i);
            List<KeyValue> found =
                    refused.getResponses(i + 1).getResponseRange().getKvsList();
            long actual = found.isEmpty() ? 0 : numbers.own(found.getFirst().getModRevision());
            boolean holds = check.revision() < 0 ? actual != 0 : actual == check.revision();
            if (!holds) {
                return Optional.of(new Conflict(check, actual));
            }
        }
        // A key that a condition says not to exist, and that is to be deleted: no program may ask that, and here is
        // what the others answer.
        return changes.stream()
                .filter(change -> change instanceof Delete && conditions.contains(new Condition(change.key(), 0)))
                .findFirst()
                .map(change -> new Conflict(new Condition(change.key(), -1), 0));
    }

    /** About as many bytes as the request has. */
    long sizeBytes() {
        long bytes = 0;
        for (Change change : changes) {
            bytes += change.key().length() + (change instanceof Put(String _, byte[] value) ? value.length : 0);
        }
        return bytes;
    }
}
