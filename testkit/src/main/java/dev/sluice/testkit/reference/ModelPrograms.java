package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.track.FlowPrograms.Action;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The chapter "Flow programming": what was told of single flows, looked up for each packet anew. */
final class ModelPrograms {
    /** What is told of a flow. */
    static final class Order {
        final Action action;
        final int argument;
        private final boolean once;
        private final long expiresNs;
        private final Set<ModelRecord.Key> done = new HashSet<>();

        private Order(Action action, int argument, boolean once, long expiresNs) {
            this.action = action;
            this.argument = argument;
            this.once = once;
            this.expiresNs = expiresNs;
        }
    }

    private final ReferenceModel model;

    /** By both keys of the flow. */
    private final Map<ModelRecord.Key, Order> orders = new HashMap<>();

    ModelPrograms(ReferenceModel model) {
        this.model = model;
    }

    void tell(ModelRecord.Key flow, Action action, int argument, boolean once, long expiresNs) {
        Order order = new Order(action, argument, once, expiresNs);
        orders.put(flow, order);
        orders.put(flow.turned(), order);
    }

    void revoke(ModelRecord.Key flow) {
        orders.remove(flow);
        orders.remove(flow.turned());
    }

    /** Whether anything is told of the flow, for whatever direction. */
    boolean isTold(Trip trip) {
        Order order = orders.get(trip.key());
        if (order != null && model.nowNs >= order.expiresNs) {
            revoke(trip.key());
            return false;
        }
        return order != null;
    }

    /** What is told of the packet. */
    @Nullable
    Order of(Trip trip) {
        Order order = isTold(trip) ? orders.get(trip.key()) : null;
        return order == null || order.done.contains(trip.key()) ? null : order;
    }

    boolean says(Trip trip, Action action) {
        Order order = of(trip);
        return order != null && order.action == action;
    }

    /** It was done with the packet. */
    void done(Trip trip, Order order) {
        model.coverage.event("instruction " + order.action);
        if (order.once) {
            order.done.add(trip.key());
            boolean both = order.done.contains(trip.key().turned());
            if (both || order.action == Action.PATH) {
                revoke(trip.key());
            }
        }
    }

    /** The path that the packet's flow is told to take, 0 if none. */
    int path(Trip trip) {
        Order order = of(trip);
        return order != null && order.action == Action.PATH ? order.argument : 0;
    }

    /** Whether the record gives way because its flow is told to take another path that its target offers. */
    boolean moves(Trip trip, ModelRecord record) {
        int wanted = path(trip);
        return wanted != 0
                && record.pathId != 0
                && record.pathId != wanted
                && !record.translated
                && model.world.targets().get(record.targetId).paths().stream()
                        .anyMatch(path -> path.id() == wanted && model.selector.isFit(path));
    }

    /** Which hops the packet leaves out. */
    Set<Integer> skipped(Order order, Path path) {
        Set<Integer> hops = new HashSet<>();
        for (int i = 0; i < Math.min(8, path.hops().size()); i++) {
            if (order.action == Action.SKIP && path.hops().get(i).attachment().instance() == order.argument) {
                hops.add(i);
            }
        }
        return hops;
    }
}
