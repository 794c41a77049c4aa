package dev.sluice.manager.store;

import com.google.protobuf.ByteString;
import dev.sluice.manager.store.Election.Member;
import dev.sluice.manager.store.rpc.KVGrpc;
import dev.sluice.manager.store.rpc.KeyValue;
import dev.sluice.manager.store.rpc.PutRequest;
import dev.sluice.manager.store.rpc.RangeRequest;
import dev.sluice.manager.store.rpc.RequestOp;
import dev.sluice.manager.store.rpc.TxnRequest;
import dev.sluice.manager.store.rpc.TxnResponse;
import io.grpc.StatusRuntimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which managers there are: each has a key that etcd removes when its manager has not been heard of for a while. For people only: nothing is decided by it. The election's
 * thread; {@link #all} for any.
 */
final class EtcdMembers {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdMembers.class);

    /** A key of the store. */
    private static final String PREFIX = "members/";

    private static final String PREFIX_END = "members0";
    private static final int LEASE_S = 10;
    private static final long EVERY_NS = 2_000_000_000L;

    /** Whoever leads has more important things to say to etcd. */
    private static final long PATIENCE_MS = 300;

    private final EtcdCalls calls;
    private final EtcdKeys keys;
    private final Member own;
    private long lease;
    private boolean kept;
    private long keptNs;

    EtcdMembers(EtcdCalls calls, EtcdKeys keys, String name, String address) {
        this.calls = calls;
        this.keys = keys;
        own = new Member(
                name,
                address,
                Election.SOFTWARE,
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /** Says that this one is there, if that was not said lately. What cannot be said now is said later. */
    void keep(long nowNs) {
        if (kept && nowNs - keptNs < EVERY_NS) {
            return;
        }
        kept = true;
        keptNs = nowNs;
        try {
            if (lease == 0 || !EtcdLease.keep(calls, lease, PATIENCE_MS)) {
                long granted = EtcdLease.grant(calls, LEASE_S);
                say(granted);
                // One that nothing is bound to is not kept: it ends by itself.
                lease = granted;
            }
        } catch (StoreException e) {
            LOG.debug("this manager is not among those that are listed", e);
        }
    }

    private void say(long granted) {
        String value = own.address() + "\n" + own.software() + "\n" + own.since();
        ask(TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder()
                                .setKey(keys.data(PREFIX + own.name()))
                                .setValue(ByteString.copyFromUtf8(value))
                                .setLease(granted)))
                .build());
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

    /** Those that are there, by name. */
    List<Member> all() {
        RequestOp question = RequestOp.newBuilder()
                .setRequestRange(
                        RangeRequest.newBuilder().setKey(keys.data(PREFIX)).setRangeEnd(keys.data(PREFIX_END)))
                .build();
        return ask(TxnRequest.newBuilder().addSuccess(question).build())
                .getResponses(0)
                .getResponseRange()
                .getKvsList()
                .stream()
                .map(this::member)
                .toList();
    }

    private Member member(KeyValue found) {
        String[] value = found.getValue().toStringUtf8().split("\n", -1);
        return new Member(
                keys.name(found.getKey()).substring(PREFIX.length()),
                value[0],
                value.length > 1 ? value[1] : "",
                value.length > 2 ? value[2] : "");
    }

    /** This one is no longer there. */
    void leave() {
        if (lease != 0) {
            EtcdLease.revoke(calls, lease);
            lease = 0;
        }
    }
}
