package dev.sluice.agent.peers;

import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What other nodes last said of their instances, how long their word counts, and what follows from it (packet-life.md, other switches). One writer: the worker; what it says of single
 * instances may be asked by any thread and may lag.
 */
final class InstanceWord {
    /** A word counts for so long; it is given anew each second, so three may be lost. */
    static final long WORD_NS = 3_500_000_000L;

    /** So long an instance of which nothing was heard yet may be used, if there is nothing better. */
    static final long GRACE_NS = 1_000_000_000L;

    /** The same for one whose node lives. */
    static final long GRACE_OF_LIVING_NS = 2_500_000_000L;

    private static final long NEVER = Long.MIN_VALUE;

    private final Liveness liveness;
    private final long[] namedNs = new long[SnapshotCompiler.INDICES_MAX];
    private final long[] heardNs = new long[SnapshotCompiler.INDICES_MAX];
    private final boolean[] alive = new boolean[SnapshotCompiler.INDICES_MAX];
    private final AdminState[] admin = new AdminState[SnapshotCompiler.INDICES_MAX];

    InstanceWord(Liveness liveness) {
        this.liveness = liveness;
        Arrays.fill(heardNs, NEVER);
        Arrays.fill(admin, AdminState.UP);
    }

    /** An instance that another node has from now on. */
    void named(int instance, long nowNs) {
        namedNs[instance] = nowNs;
        heardNs[instance] = NEVER;
        admin[instance] = AdminState.UP;
    }

    /** An instance that no other node has any more. */
    void gone(int instance) {
        heardNs[instance] = NEVER;
        admin[instance] = AdminState.UP;
        liveness.setRemote(instance, true, true);
    }

    /** Its node was silent: what it said before was of a life that may be over. */
    void forget(int instance) {
        heardNs[instance] = NEVER;
    }

    /** Its node says so; whether the administrative state is news. */
    boolean heard(int instance, boolean lives, AdminState state, long nowNs) {
        boolean news = admin[instance] != state;
        heardNs[instance] = nowNs;
        alive[instance] = lives;
        admin[instance] = state;
        return news;
    }

    /**
     * Draws the conclusion.
     *
     * @param up whether its node lives
     * @param failed whether its node lived before and does not any more
     */
    void conclude(int instance, boolean up, boolean failed, long nowNs) {
        boolean said = saidLately(instance, nowNs);
        if (up && said) {
            liveness.setRemote(instance, alive[instance], true);
        } else {
            // A node that lives may have told before it was known here what it is about; it tells again each second.
            boolean young = nowNs - namedNs[instance] < (up ? GRACE_OF_LIVING_NS : GRACE_NS);
            liveness.setRemote(instance, young && !failed, !young || failed);
        }
    }

    private boolean saidLately(int instance, long nowNs) {
        long at = heardNs[instance];
        return at != NEVER && nowNs - at < WORD_NS;
    }

    /** For people. */
    String words(int instance, boolean up, long nowNs) {
        if (!up) {
            return "";
        }
        if (!saidLately(instance, nowNs)) {
            return "nothing";
        }
        String state = alive[instance] ? "alive" : "dead";
        return admin[instance] == AdminState.UP ? state : state + ", " + admin[instance].word();
    }

    /** Adds an instance that is not to have new flows, as its node says. */
    void putAdmin(Map<String, AdminState> into, String name, int instance) {
        if (admin[instance] != AdminState.UP) {
            into.put(name, admin[instance]);
        }
    }

    /** An empty map for {@link #putAdmin}. */
    static Map<String, AdminState> states() {
        return new HashMap<>();
    }
}
