package dev.sluice.testkit;

import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.Instruction;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Everything that a packet may leave behind in a host, but for the counters of drops and of what came in: what is dropped for being forged changes none of it. */
final class HostState {
    private static final Set<String> WHAT_CAME_IN = Set.of("frames", "overlayReceived");

    private HostState() {}

    /** To be compared with that of another time; a difference is readable. */
    static String of(MemorySwitch host) {
        StringBuilder all = new StringBuilder();
        all.append("counters ").append(counters(host.datapath().counters()));
        all.append("\nfree frames ").append(host.freeFrames());
        connections(host.datapath().connections(), all);
        instructions(host.datapath().programs(), all);
        for (Attachment node : host.datapath().snapshot().attachments()) {
            AttachmentCounters c = node.counters();
            all.append("\nnode ")
                    .append(node.name())
                    .append(Arrays.asList(
                            Arrays.toString(c.sent), Arrays.toString(c.returned), c.copies, c.copiesLost, c.capped));
        }
        for (Path path : host.datapath().snapshot().paths()) {
            all.append("\npath ").append(path.name()).append(path.counters().flows + "/" + path.counters().uninspected);
        }
        return all.toString();
    }

    private static Map<String, Long> counters(DatapathCounters counters) {
        Map<String, Long> values = new TreeMap<>();
        for (Field field : DatapathCounters.class.getFields()) {
            try {
                if (field.getType() == long.class && !WHAT_CAME_IN.contains(field.getName())) {
                    values.put(field.getName(), field.getLong(counters));
                }
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }
        return values;
    }

    private static void connections(ConnectionTable table, StringBuilder all) {
        for (int slot = 0; slot < table.capacity(); slot++) {
            if (table.isUsed(slot)) {
                all.append("\nconnection ").append(table.reference(slot)).append(' ');
                all.append(Arrays.asList(
                        table.tag(slot),
                        table.pathId(slot),
                        table.flags(slot),
                        table.tcpState(slot),
                        table.packets(slot, 0),
                        table.packets(slot, 1),
                        table.bytes(slot, 0),
                        table.bytes(slot, 1),
                        table.l2(slot, 0),
                        table.l2(slot, 1),
                        table.egressPort(slot, 0),
                        table.egressPort(slot, 1),
                        table.skipMask(slot, 0),
                        table.skipMask(slot, 1)));
            }
        }
    }

    private static void instructions(FlowPrograms programs, StringBuilder all) {
        all.append("\ninstructions ").append(programs.size());
        for (int bucket = 0; bucket < FlowPrograms.BUCKETS; bucket++) {
            for (Instruction one = programs.inBucket(bucket); one != null; one = FlowPrograms.after(one)) {
                all.append("\ninstruction ")
                        .append(Arrays.asList(
                                one.flow(), one.speaker(), one.action(), one.argument(), one.once(), one.hits()));
            }
        }
    }
}
