package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.track.FlowPrograms.Action;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The chapter "Flow programming": what was told of single flows, looked up for each packet anew. */
final class ModelPrograms {
    /** Who speaks if no node does. */
    private static final int OPERATOR = -1;

    /** What is told of a flow. */
    static final class Order {
        final int speaker;
        final Action action;
        final int argument;
        private final boolean once;

        /** Of an operator's. */
        private long expiresNs;

        /** Of a node's: what it ends with. */
        private @Nullable ModelRecord record;

        /** Keys of the packets that it is for. */
        private final Set<ModelRecord.Key> packets = new HashSet<>();

        private Order(int speaker, Action action, int argument, boolean once) {
            this.speaker = speaker;
            this.action = action;
            this.argument = argument;
            this.once = once;
        }

        private boolean isSame(Event.Said said) {
            return speaker == said.speaker() && action == said.action() && argument == said.argument();
        }
    }

    private final ReferenceModel model;

    /** The oldest first. */
    private final List<Order> orders = new ArrayList<>();

    ModelPrograms(ReferenceModel model) {
        this.model = model;
    }

    /** An operator speaks. */
    void tell(Event.Told told, Action action) {
        revoke(told.flow());
        Order order = new Order(OPERATOR, action, told.argument(), told.once());
        order.expiresNs = model.nowNs + told.ttlNs();
        order.packets.addAll(List.of(told.flow(), told.flow().turned()));
        orders.add(order);
    }

    void revoke(ModelRecord.Key flow) {
        orders.removeIf(order -> order.packets.contains(flow) || order.packets.contains(flow.turned()));
    }

    /** A node speaks of the flow whose record decides now; if none does it is not heard. */
    void say(Event.Said said) {
        ModelRecord record = null;
        for (ModelRecord one : model.connections.find(said.flow(), model.nowMs())) {
            record = record == null && !one.superseded ? one : record;
        }
        if (record == null) {
            return;
        }
        List<ModelRecord.Key> both = List.of(record.key, record.key.turned());
        Set<ModelRecord.Key> open = new HashSet<>();
        if ((said.directions() & 1) != 0) {
            open.add(record.key);
        }
        if ((said.directions() & 2) != 0) {
            open.add(record.key.turned());
        }
        orders.removeIf(this::isOver);
        List<Order> ofFlow = orders.stream()
                .filter(order -> order.packets.stream().anyMatch(both::contains))
                .toList();
        Action action = said.action();
        if (ofFlow.stream().anyMatch(order -> order.speaker == OPERATOR)) {
            model.coverage.event("said against an operator");
            return;
        }
        if (action == null) {
            for (Order order : ofFlow) {
                if (order.speaker == said.speaker()) {
                    order.packets.removeAll(open);
                    model.coverage.event("taken back");
                }
            }
            orders.removeIf(order -> order.packets.isEmpty());
            return;
        }
        for (Order order : ofFlow) {
            boolean dropped = order.action == Action.DROP && !order.once && action != Action.DROP;
            boolean repeated = order.isSame(said) && (said.once() || !order.once);
            if (dropped || repeated) {
                open.removeAll(order.packets);
            }
        }
        for (Order order : ofFlow) {
            if (order.speaker == said.speaker() && (order.once == said.once() || (order.isSame(said) && order.once))) {
                order.packets.removeAll(open);
            }
        }
        orders.removeIf(order -> order.packets.isEmpty());
        if (open.isEmpty()) {
            return;
        }
        model.coverage.event("said " + action);
        Order last = new Order(said.speaker(), action, said.argument(), said.once());
        last.record = record;
        last.packets.addAll(open);
        // Where it is said of one direction after the other, it counts as said when it was said first.
        for (Order order : ofFlow) {
            if (order.isSame(said) && order.once == said.once() && orders.contains(order)) {
                order.packets.addAll(open);
                return;
            }
        }
        orders.add(last);
    }

    /** A record takes the place of another one, and its flow goes on. */
    void follow(ModelRecord old, ModelRecord next) {
        for (Order order : orders) {
            if (order.record == old) {
                order.record = next;
                model.coverage.event("said of a record that was replaced");
            }
        }
    }

    private boolean isOver(Order order) {
        ModelRecord record = order.record;
        if (record == null) {
            return model.nowNs >= order.expiresNs;
        }
        return record.removed || record.superseded || model.connections.isExpired(record, model.nowMs());
    }

    /** Whether anything is told of the flow, for whatever direction. */
    boolean isTold(Trip trip) {
        orders.removeIf(this::isOver);
        return orders.stream()
                .anyMatch(order -> order.packets.contains(trip.key())
                        || order.packets.contains(trip.key().turned()));
    }

    /** The packet opens another connection where there was one: what nodes said of that one is over, but that it is dropped. */
    void anotherConnection(Trip trip) {
        orders.removeIf(order -> order.record != null
                && order.action != Action.DROP
                && (order.packets.contains(trip.key())
                        || order.packets.contains(trip.key().turned())));
    }

    /** What is told of the packet, the newest first. */
    List<Order> of(Trip trip) {
        orders.removeIf(this::isOver);
        return orders.reversed().stream()
                .filter(order -> order.packets.contains(trip.key()))
                .toList();
    }

    boolean says(Trip trip, Action action) {
        return of(trip).stream().anyMatch(order -> order.action == action);
    }

    /** What is told with this action was done with the packet. */
    void done(Trip trip, Action action) {
        for (Order order : of(trip)) {
            if (order.action == action) {
                done(trip, order);
            }
        }
    }

    private void done(Trip trip, Order order) {
        model.coverage.event("instruction " + order.action);
        ModelRecord record = order.record;
        if (order.action == Action.DROP && record != null) {
            record.seenMs[record.directionOf(trip.key())] = model.nowMs();
        }
        if (order.once) {
            order.packets.remove(trip.key());
            if (order.packets.isEmpty() || order.action == Action.PATH) {
                orders.remove(order);
            }
        }
    }

    /** The path that the packet's flow is told to take, 0 if none. */
    int path(Trip trip) {
        for (Order order : of(trip)) {
            if (order.action == Action.PATH) {
                return order.argument;
            }
        }
        return 0;
    }

    /** Whether the record gives way because its flow is told to take another path that its target offers. */
    boolean moves(Trip trip, ModelRecord record) {
        int wanted = path(trip);
        return wanted != 0
                && !says(trip, Action.DROP)
                && record.pathId != 0
                && record.pathId != wanted
                && !record.translated
                && model.world.targets().get(record.targetId).paths().stream()
                        .anyMatch(path -> path.id() == wanted && model.selector.isFit(path));
    }

    /** Before the packet takes its path: which hops it leaves out. */
    Set<Integer> heed(Trip trip, Path path) {
        Set<Integer> hops = new HashSet<>();
        for (Order order : of(trip)) {
            boolean done = order.action == Action.PATH && order.argument == path.id();
            for (int i = 0; i < Math.min(8, path.hops().size()); i++) {
                if (order.action == Action.SKIP
                        && path.hops().get(i).attachment().instance() == order.argument) {
                    hops.add(i);
                    done = true;
                }
            }
            if (done) {
                done(trip, order);
            }
        }
        return hops;
    }
}
