package dev.sluice.testkit.reference;

import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The chapter "Attributes": what was set, as a list. */
final class ModelAttributes {
    /** Application, group and user; 0 for none. */
    record Values(int application, int group, int user) {
        static final Values NONE = new Values(0, 0, 0);

        Values over(Values other) {
            return new Values(
                    application == 0 ? other.application : application,
                    group == 0 ? other.group : group,
                    user == 0 ? other.user : user);
        }
    }

    /**
     * What something is set for: a port, or a flow.
     *
     * @param port index of the port, -1 for a flow
     * @param ports of a flow named with ports, both; null: named without
     */
    record Subject(
            int port,
            int protocol,
            IpAddress one,
            IpAddress other,
            @Nullable List<Integer> ports) {
        boolean isFlow() {
            return port < 0;
        }

        boolean means(ModelFrame frame) {
            return isFlow()
                    && protocol == frame.protocol
                    && (means(frame.source, frame.sourcePort, frame.destination, frame.destinationPort)
                            || means(frame.destination, frame.destinationPort, frame.source, frame.sourcePort));
        }

        private boolean means(IpAddress from, int fromPort, IpAddress to, int toPort) {
            return one.equals(from) && other.equals(to) && (ports == null || ports.equals(List.of(fromPort, toPort)));
        }

        boolean same(Subject that) {
            return equals(that)
                    || (isFlow()
                            && that.isFlow()
                            && protocol == that.protocol
                            && one.equals(that.other)
                            && other.equals(that.one)
                            && (ports == null
                                    ? that.ports == null
                                    : ports.reversed().equals(that.ports)));
        }
    }

    private record Entry(Subject subject, Values values, long endNs) {}

    private final List<Entry> entries = new ArrayList<>();

    /** Whether anything was ever set. */
    boolean used;

    /** Sets what something has, or forgets it if the values are null. */
    void set(Subject subject, @Nullable Values values, long endNs) {
        used = true;
        entries.removeIf(entry -> entry.subject.same(subject));
        if (values != null) {
            entries.add(new Entry(subject, values, endNs));
        }
    }

    void tick(long nowNs) {
        entries.removeIf(entry -> entry.endNs <= nowNs);
    }

    /** What a packet has if the forward side of its flow came in at the port; -1: not known. */
    Values of(ModelFrame frame, int port) {
        Values withPorts = Values.NONE;
        Values withoutPorts = Values.NONE;
        Values ofPort = Values.NONE;
        for (Entry entry : entries) {
            if (entry.subject.means(frame)) {
                if (entry.subject.ports == null) {
                    withoutPorts = entry.values;
                } else {
                    withPorts = entry.values;
                }
            } else if (port >= 0 && entry.subject.port == port) {
                ofPort = entry.values;
            }
        }
        return withPorts.over(withoutPorts).over(ofPort);
    }
}
