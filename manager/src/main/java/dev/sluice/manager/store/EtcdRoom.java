package dev.sluice.manager.store;

import dev.sluice.manager.store.rpc.AlarmMember;
import dev.sluice.manager.store.rpc.AlarmRequest;
import dev.sluice.manager.store.rpc.AlarmRequest.AlarmAction;
import dev.sluice.manager.store.rpc.AlarmType;
import dev.sluice.manager.store.rpc.DefragmentRequest;
import dev.sluice.manager.store.rpc.MaintenanceGrpc;
import dev.sluice.manager.store.rpc.StatusRequest;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The disk space of a cluster of etcd: members that have used up what they may take nothing until somebody has made room and says so. Stateless. */
final class EtcdRoom {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdRoom.class);

    /** A member that gives space back answers nobody else meanwhile. */
    private static final long DEFRAGMENT_S = 60;

    private EtcdRoom() {}

    static long sizeBytes(EtcdCalls calls) {
        try {
            return calls.ask((channel, ms) -> MaintenanceGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                            .status(StatusRequest.getDefaultInstance()))
                    .getDbSize();
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    /** After old revisions are forgotten: has full members give back what that freed, and take changes again. */
    static void make(EtcdCalls calls) {
        try {
            List<AlarmMember> full = alarm(calls, AlarmAction.GET, AlarmMember.getDefaultInstance()).stream()
                    .filter(each -> each.getAlarm() == AlarmType.NOSPACE)
                    .toList();
            if (full.isEmpty()) {
                calls.emptied();
                return;
            }
            for (int member = 0; member < calls.members(); member++) {
                defragment(calls, member);
            }
            full.forEach(member -> alarm(calls, AlarmAction.DEACTIVATE, member));
            calls.emptied();
            LOG.info("etcd was full; old revisions are forgotten, and it takes changes again");
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    private static List<AlarmMember> alarm(EtcdCalls calls, AlarmAction action, AlarmMember member) {
        AlarmRequest request = AlarmRequest.newBuilder()
                .setAction(action)
                .setMemberID(member.getMemberID())
                .setAlarm(member.getAlarm())
                .build();
        return calls.ask((channel, ms) -> MaintenanceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                        .alarm(request))
                .getAlarmsList();
    }

    private static void defragment(EtcdCalls calls, int member) {
        try {
            MaintenanceGrpc.newBlockingStub(calls.channel(member))
                    .withDeadlineAfter(DEFRAGMENT_S, TimeUnit.SECONDS)
                    .defragment(DefragmentRequest.getDefaultInstance());
        } catch (StatusRuntimeException e) {
            LOG.warn("a member of etcd has not given back what is free: {}", EtcdCalls.words(e));
        }
    }
}
