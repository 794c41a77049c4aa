package dev.sluice.testkit.sim;

import dev.sluice.controller.AgentStream;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Update;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * One stream between an agent and a manager, as TCP carries it: in order, late, and cut at any moment, which each side notices at a moment of its own. One user.
 */
final class Wire implements AgentStream {
    /** Keepalive: so long it takes at most until a side knows that the other is gone. */
    private static final long NOTICE_NS = 15 * Events.SECOND;

    /** One side of it. */
    interface Side<M> {
        /** A message comes. */
        void message(Wire wire, M message);

        /** The stream has ended. */
        void ended(Wire wire);
    }

    private final Events events;
    private final RandomGenerator dice;
    private final Side<FromAgent> manager;
    private final Side<FromController> agent;
    private final LongSupplier latencyNs;
    private final BooleanSupplier splits;
    private long toManagerNs;
    private long toAgentNs;
    private boolean cut;
    private boolean managerKnows;
    private boolean agentKnows;

    /**
     * A stream that stands.
     *
     * @param latencyNs the longest that a message is under way now
     * @param splits whether updates come in several parts now
     */
    Wire(
            Events events,
            RandomGenerator dice,
            Side<FromAgent> manager,
            Side<FromController> agent,
            LongSupplier latencyNs,
            BooleanSupplier splits) {
        this.events = events;
        this.dice = dice;
        this.manager = manager;
        this.agent = agent;
        this.latencyNs = latencyNs;
        this.splits = splits;
    }

    // What the manager does.

    @Override
    public void send(FromController message) {
        if (splits.getAsBoolean() && message.hasUpdate() && message.getUpdate().getResourcesCount() > 1) {
            parts(message.getUpdate())
                    .forEach(part -> sendWhole(
                            FromController.newBuilder().setUpdate(part).build()));
        } else {
            sendWhole(message);
        }
    }

    private void sendWhole(FromController message) {
        if (cut) {
            return;
        }
        toAgentNs = Math.max(toAgentNs, events.nowNs() + dice.nextLong(latencyNs.getAsLong()) + 1);
        events.after(toAgentNs - events.nowNs(), () -> {
            if (!cut && !agentKnows) {
                agent.message(this, message);
            }
        });
    }

    /** An update whose parts are as small as they can be: it may be cut between any two. */
    private List<Update> parts(Update whole) {
        List<Update> parts = new ArrayList<>();
        int count = whole.getResourcesCount();
        int at = 0;
        while (at < count) {
            int end = Math.min(count, at + 1 + dice.nextInt(count));
            boolean last = end == count;
            Update.Builder part = Update.newBuilder()
                    .setNonce(whole.getNonce())
                    .setMore(!last || whole.getMore())
                    .addAllResources(whole.getResourcesList().subList(at, end));
            if (last) {
                part.addAllRemoved(whole.getRemovedList()).setFingerprint(whole.getFingerprint());
            }
            parts.add(part.build());
            at = end;
        }
        return parts;
    }

    @Override
    public void end() {
        if (!agentKnows) {
            tellAgent(1 + dice.nextLong(latencyNs.getAsLong()));
        }
    }

    // What the agent does.

    void sendToManager(FromAgent message) {
        toManagerNs = Math.max(toManagerNs, events.nowNs() + dice.nextLong(latencyNs.getAsLong()) + 1);
        boolean lost = cut;
        events.after(toManagerNs - events.nowNs(), () -> {
            // What was under way when the agent's side ended may still arrive.
            if (!lost && !managerKnows) {
                manager.message(this, message);
            }
        });
    }

    // What happens to it.

    /** The network between the two is gone for good: each side notices some time later. */
    void cut() {
        cut = true;
        tellAgent(dice.nextLong(NOTICE_NS));
        tellManager(dice.nextLong(NOTICE_NS));
    }

    /** The manager's process has ended. */
    void managerGone() {
        managerKnows = true;
        cut = true;
        tellAgent(dice.nextInt(3) == 0 ? dice.nextLong(NOTICE_NS) : 1 + dice.nextLong(latencyNs.getAsLong()));
    }

    /** The agent's process has ended, or it has no more use for the stream. */
    void agentGone() {
        agentKnows = true;
        tellManager(dice.nextInt(3) == 0 ? dice.nextLong(NOTICE_NS) : 1 + dice.nextLong(latencyNs.getAsLong()));
    }

    private void tellAgent(long delayNs) {
        events.after(delayNs, () -> {
            if (!agentKnows) {
                agentKnows = true;
                agent.ended(this);
            }
        });
    }

    private void tellManager(long delayNs) {
        toManagerNs = Math.max(toManagerNs, events.nowNs() + delayNs);
        events.after(toManagerNs - events.nowNs(), () -> {
            if (!managerKnows) {
                managerKnows = true;
                manager.ended(this);
            }
        });
    }
}
