package dev.sluice.sdk;

/**
 * What becomes of a packet, and what its node says about the flow. Values for the usual cases are constants: deciding allocates nothing.
 *
 * @param passes whether the packet goes on, with the changes that were made to it; else it ends here
 * @param instruction said in the packet, or, if that ends here, in a message of its own
 */
public record Verdict(boolean passes, Instruction instruction) {
    /** The packet goes on. */
    public static final Verdict PASS = new Verdict(true, Instruction.NONE);

    /** The packet ends here; the flow goes on. */
    public static final Verdict DROP = new Verdict(false, Instruction.NONE);

    /** The packet ends here, and the switch is told to drop the flow, both ways. */
    public static final Verdict DROP_FLOW = new Verdict(false, Instruction.DROP_FLOW);

    /** The packet goes on, and the switch is told that the flow need not come here any more, both ways. */
    public static final Verdict ACCEPT_FLOW = new Verdict(true, Instruction.ACCEPT_FLOW);

    /** The packet goes on, and the flow along this path from now on, in this direction. */
    public static Verdict newPath(int spi) {
        return PASS.saying(Instruction.newPath(spi));
    }

    /** The same for the packet, and this about the flow. */
    public Verdict saying(Instruction about) {
        return new Verdict(passes, about);
    }
}
