package dev.sluice.testkit.sim;

import dev.sluice.controller.Distribution;
import dev.sluice.controller.ObjectState;
import dev.sluice.manager.agents.ObjectNews;
import dev.sluice.manager.agents.StatusEdits;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Changed;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import dev.sluice.southbound.FromAgent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import tools.jackson.databind.node.ObjectNode;

/**
 * A manager: production's objects, controller and status, and in place of its threads the moments at which they would get round to something. Ends and begins at any moment; its disk stays. One user.
 */
final class ManagerProcess extends Mortal<ManagerProcess.Running> implements Wire.Side<FromAgent> {
    private static final Caller USER = new Caller("user", "sluice");
    private static final Caller OTHER = new Caller("discovery", "discovery");
    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");
    private static final long GRACE_NS = 20 * Events.SECOND;
    private static final long TELL_NS = 200 * Events.MS;
    private static final long TICK_NS = Events.SECOND;
    private static final long STATUS_RETRY_NS = 2 * Events.SECOND;
    private static final long NOTICE_NS = 20 * Events.MS;

    final ManagerDisk store = new ManagerDisk();
    private final RandomGenerator dice;

    /** What ends with the process. */
    final class Running {
        final Inventory inventory = new Inventory(store, ManagerProcess.this::now);
        final Distribution distribution = new Distribution(events.nowNs(), GRACE_NS);
        final ObjectNews news = new ObjectNews(
                inventory, (changed, removed, flows) -> distribution.change(changed, removed, flows, events.nowNs()));
        final StatusEdits statuses = new StatusEdits(inventory, ManagerProcess.this::now);
        final Map<String, ObjectState> waiting = new LinkedHashMap<>();
        final Set<Wire> wires = new LinkedHashSet<>();
        boolean writing;
    }

    ManagerProcess(Events events, RandomGenerator dice) {
        super(events);
        this.dice = dice;
    }

    private Instant now() {
        return EPOCH.plusNanos(events.nowNs());
    }

    /** Its objects; it has to be up. */
    Inventory inventory() {
        Running now = running;
        if (now == null) {
            throw new IllegalStateException("the manager is down");
        }
        return now.inventory;
    }

    /** Begins. */
    void start() {
        Running now = new Running();
        running = now;
        events.say(() -> "manager starts at revision " + store.revision());
        now.news.tellAll();
        every(now, TELL_NS, this::tell);
        every(now, TICK_NS, each -> each.distribution.tick(events.nowNs()));
    }

    /** Ends without a word. */
    @Override
    void crash(String why) {
        Running now = running;
        if (now != null) {
            events.say(() -> "manager: " + why);
            running = null;
            now.wires.forEach(Wire::managerGone);
        }
    }

    /**
     * Does what a user asks for.
     *
     * @throws Refusal if it does not
     * @throws Crash if the process ends meanwhile: nobody knows whether it was done
     */
    Changed change(List<Edit> edits) {
        Running now = running;
        if (now == null) {
            throw new Crash("of a manager that is down already");
        }
        try {
            Changed changed = now.inventory.change(edits, USER, false);
            if (dice.nextInt(3) == 0) {
                speakOf(now, changed);
            }
            noticeSoon(now);
            return changed;
        } catch (Crash e) {
            crash(String.valueOf(e.getMessage()));
            throw e;
        }
    }

    /** Others write into the status of what has changed before anybody has noticed the change, as discovery does. */
    private void speakOf(Running now, Changed changed) {
        List<Edit> edits = new ArrayList<>();
        for (Changed.Item item : changed.items()) {
            if (item.what() == Changed.What.CREATED || item.what() == Changed.What.CONFIGURED) {
                ObjectNode status = item.object().tree().get("status") instanceof ObjectNode there
                        ? there.deepCopy()
                        : Trees.object();
                status.put("said", store.revision());
                edits.add(new Edit.SetStatus(item.object().kind(), item.object().name(), 0, status));
            }
        }
        if (!edits.isEmpty()) {
            now.inventory.change(edits, OTHER, false);
        }
    }

    /** The thread that follows the store wakes up. */
    private void noticeSoon(Running now) {
        later(
                now,
                store.disk.slowNs + 1 + dice.nextLong(NOTICE_NS),
                each -> each.news.tellUpTo(each.inventory.revision()));
    }

    private void tell(Running now) {
        now.distribution.news(events.nowNs()).forEach(state -> now.waiting.put(state.key(), state));
        if (!now.waiting.isEmpty() && !now.writing) {
            now.writing = true;
            later(now, 1 + store.disk.slowNs, this::writeStatus);
        }
    }

    private void writeStatus(Running now) {
        List<ObjectState> batch = new ArrayList<>(now.waiting.values());
        now.waiting.clear();
        try {
            if (now.statuses.write(batch) == StatusEdits.Outcome.AGAIN) {
                batch.forEach(state -> now.waiting.putIfAbsent(state.key(), state));
            }
            now.writing = false;
            noticeSoon(now);
        } catch (Refusal e) {
            events.say(() -> "manager cannot write the status: " + e.getMessage());
            batch.forEach(state -> now.waiting.putIfAbsent(state.key(), state));
            later(now, STATUS_RETRY_NS, each -> each.writing = false);
        }
    }

    // Streams.

    /** An agent has reached it. */
    void accept(Wire wire) {
        Running now = running;
        if (now == null) {
            wire.managerGone();
        } else {
            now.wires.add(wire);
        }
    }

    @Override
    public void message(Wire wire, FromAgent message) {
        Running now = running;
        if (now == null || !now.wires.contains(wire)) {
            return;
        }
        events.say(() -> "manager gets " + Words.of(message));
        guarded(now, each -> {
            switch (message.getWhatCase()) {
                case HELLO -> each.distribution.hello(wire, message.getHello(), events.nowNs());
                case ANSWER -> each.distribution.answer(wire, message.getAnswer(), events.nowNs());
                case REPORT -> each.distribution.report(wire, message.getReport(), events.nowNs());
                case INTERFACES -> each.distribution.interfaces(wire, message.getInterfaces());
                case PATHS -> each.distribution.paths(wire, message.getPaths());
                case REPLY -> each.distribution.reply(wire, message.getReply());
                case RUNTIMES -> each.distribution.runtimes(wire, message.getRuntimes());
                case WHAT_NOT_SET -> throw new IllegalArgumentException("a message that says nothing");
            }
        });
    }

    @Override
    public void ended(Wire wire) {
        Running now = running;
        if (now != null && now.wires.remove(wire)) {
            guarded(now, each -> each.distribution.gone(wire));
        }
    }
}
