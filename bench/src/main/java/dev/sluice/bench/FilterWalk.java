package dev.sluice.bench;

import dev.sluice.datapath.rules.PacketFields;
import java.util.List;

/**
 * A walk along all rules of a {@link FilterSet} from the first one on: what a classifier has to answer, found without any of what makes it fast. The rules lie one behind the other in memory, so that every
 * header can be asked about. Immutable; shares no code with the classifier.
 */
final class FilterWalk {
    private static final int SOURCE = 0;
    private static final int SOURCE_MASK = 1;
    private static final int DESTINATION = 2;
    private static final int DESTINATION_MASK = 3;
    private static final int SOURCE_PORTS = 4;
    private static final int DESTINATION_PORTS = 5;
    private static final int PROTOCOL = 6;
    private static final int FIELDS = 8;

    private final int[] rules;

    FilterWalk(List<FilterSet.Filter> filters) {
        rules = new int[filters.size() * FIELDS];
        int at = 0;
        for (FilterSet.Filter f : filters) {
            rules[at + SOURCE] = f.source();
            rules[at + SOURCE_MASK] = mask(f.sourceBits());
            rules[at + DESTINATION] = f.destination();
            rules[at + DESTINATION_MASK] = mask(f.destinationBits());
            rules[at + SOURCE_PORTS] = range(f.sourceLow(), f.sourceHigh());
            rules[at + DESTINATION_PORTS] = range(f.destinationLow(), f.destinationHigh());
            rules[at + PROTOCOL] = f.protocol();
            at += FIELDS;
        }
    }

    private static int mask(int bits) {
        return bits == 0 ? 0 : -1 << (32 - bits);
    }

    private static int range(int low, int high) {
        return (high << 16) | low;
    }

    /** The number of the first rule that a header meets, from 1; 0 if it meets none. */
    int firstMatch(PacketFields header) {
        int source = (int) header.sourceLo;
        int destination = (int) header.destinationLo;
        for (int at = 0; at < rules.length; at += FIELDS) {
            if (((source ^ rules[at + SOURCE]) & rules[at + SOURCE_MASK]) == 0
                    && ((destination ^ rules[at + DESTINATION]) & rules[at + DESTINATION_MASK]) == 0
                    && isWithin(header.sourcePort, rules[at + SOURCE_PORTS])
                    && isWithin(header.destinationPort, rules[at + DESTINATION_PORTS])
                    && (rules[at + PROTOCOL] < 0 || rules[at + PROTOCOL] == header.protocol)) {
                return at / FIELDS + 1;
            }
        }
        return 0;
    }

    private static boolean isWithin(int port, int range) {
        return port >= (range & 0xffff) && port <= range >>> 16;
    }
}
