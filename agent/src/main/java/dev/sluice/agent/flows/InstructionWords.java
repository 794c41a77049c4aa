package dev.sluice.agent.flows;

import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.track.Instruction;
import java.util.List;
import java.util.stream.Collectors;

/** Says what an instruction for a flow tells, with names instead of numbers. Stateless. */
final class InstructionWords {
    private InstructionWords() {}

    /** What several tell of one flow, the newest first; empty if there is none. */
    static String of(List<Instruction> instructions, Snapshot snapshot) {
        return instructions.stream().map(one -> of(one, snapshot)).distinct().collect(Collectors.joining(", "));
    }

    /** {@code drop}, {@code accept}, {@code skip NODE} or {@code path PATH}. */
    static String of(Instruction instruction, Snapshot snapshot) {
        return switch (instruction.action()) {
            case DROP -> "drop";
            case ACCEPT -> "accept";
            case SKIP -> "skip " + instance(instruction.argument(), snapshot);
            case PATH -> "path " + path(instruction.argument(), snapshot);
        };
    }

    private static String instance(int number, Snapshot snapshot) {
        return snapshot.attachments().stream()
                .filter(attachment -> attachment.instance() == number)
                .map(Attachment::name)
                .map(name -> name.replaceFirst("/.*", "")) // of one that serves several chains: instance/chain
                .findFirst()
                .orElse("of a removed instance");
    }

    private static String path(int id, Snapshot snapshot) {
        Path path = snapshot.path(id);
        return path == null ? "that was removed" : path.name();
    }
}
