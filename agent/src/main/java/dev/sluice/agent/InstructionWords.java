package dev.sluice.agent;

import dev.sluice.datapath.FlowPrograms.Instruction;
import dev.sluice.datapath.Path;

/**
 * Says what an instruction for a flow tells, with names instead of numbers. Any thread.
 *
 * @param node where the numbers come from
 */
record InstructionWords(CompiledNode node) {
    /** {@code drop}, {@code accept}, {@code skip NODE} or {@code path PATH}. */
    String of(Instruction instruction) {
        return switch (instruction.action()) {
            case DROP -> "drop";
            case ACCEPT -> "accept";
            case SKIP -> "skip " + instance(instruction.argument());
            case PATH -> "path " + path(instruction.argument());
        };
    }

    private String instance(int number) {
        return node.instances().stream()
                .filter(entry -> entry.number() == number)
                .map(InstanceEntry::name)
                .findFirst()
                .orElse("of a removed instance");
    }

    private String path(int id) {
        Path path = node.snapshot().path(id);
        return path == null ? "that was removed" : path.name();
    }
}
