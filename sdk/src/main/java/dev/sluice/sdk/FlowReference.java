package dev.sluice.sdk;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.HexFormat;

/**
 * A flow to say something about later, when its packet is gone: the headers that the packet came with. Immutable; good for as long as the flow visits this node at this
 * place of its path: what is said afterwards is refused by the switch and changes nothing.
 */
public final class FlowReference {
    private final InetAddress to;
    private final byte[] headers;
    private final int nshOffset;
    private final int index;
    private final int entropy;
    private final int sluiceOffset;

    /**
     * Takes the headers over.
     *
     * @param headers Geneve and service header as they came
     * @param index service index that the packet came with
     * @param sluiceOffset where {@link dev.sluice.wire.SluiceContext} begins, -1 if it is not there
     */
    FlowReference(InetAddress to, byte[] headers, int nshOffset, int index, int entropy, int sluiceOffset) {
        this.to = to;
        this.headers = headers;
        this.nshOffset = nshOffset;
        this.index = index;
        this.entropy = entropy;
        this.sluiceOffset = sluiceOffset;
    }

    /** Whether there is something to say it in. */
    boolean canSay() {
        return sluiceOffset >= 0;
    }

    /** The message, ready to be sent. */
    byte[] message(Instruction instruction) {
        byte[] copy = headers.clone();
        MemorySegment f = MemorySegment.ofArray(copy);
        Answer.message(f, nshOffset, index, sluiceOffset, instruction);
        return copy;
    }

    InetAddress to() {
        return to;
    }

    int entropy() {
        return entropy;
    }

    /** For messages to people: the headers in hexadecimal digits. */
    @Override
    public String toString() {
        return to.getHostAddress() + " " + HexFormat.of().formatHex(headers);
    }
}
