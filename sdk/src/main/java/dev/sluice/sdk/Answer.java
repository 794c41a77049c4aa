package dev.sluice.sdk;

import dev.sluice.wire.Nsh;
import dev.sluice.wire.SluiceContext;
import java.lang.foreign.MemorySegment;

/**
 * What a node changes in the headers that a packet came with (docs/reference/aware-nodes.md): one less in the service index, its own instruction in place of whatever
 * was there, and nothing else. Called for each packet: no allocation.
 */
final class Answer {
    private Answer() {}

    /**
     * Makes a packet that goes on out of one that came.
     *
     * @param sluice where {@link SluiceContext} begins; -1 if it is not there, and nothing can be said
     */
    static void packet(MemorySegment f, int nsh, int index, int sluice, Instruction instruction) {
        Nsh.setSi(f, nsh, index - 1);
        if (sluice >= 0) {
            int others = SluiceContext.flags(f, sluice) & ~(SluiceContext.ALL | SluiceContext.BOTH);
            SluiceContext.setFlags(f, sluice, others | instruction.flags());
            SluiceContext.setProgram(f, sluice, instruction.action().code(), instruction.path());
        }
    }

    /** Makes a message without payload (RFC 8393), which only says something; what is behind the service header is to be cut off. */
    static void message(MemorySegment f, int nsh, int index, int sluice, Instruction instruction) {
        packet(f, nsh, index, sluice, instruction);
        Nsh.setOam(f, nsh, true);
        Nsh.setNextProtocol(f, nsh, Nsh.NEXT_NONE);
    }
}
