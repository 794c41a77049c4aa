package dev.sluice.testkit.sim;

/** A process of the simulation ends here and now, in the middle of whatever it was doing. */
final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Crash(String where) {
        super("crash " + where, null, false, false);
    }
}
