package dev.sluice.lab.demo;

/**
 * How much traffic the demonstration makes.
 *
 * @param downloadBytes size of the first download
 * @param slowBytes size of the download during which the chain changes
 * @param slowMs how long the server takes for it at least
 * @param ratePerSecond packets a second of the streams
 * @param longCount packets of the stream during which the chain changes
 * @param shortCount packets of the other streams
 */
record Scale(long downloadBytes, long slowBytes, long slowMs, int ratePerSecond, int longCount, int shortCount) {
    /** What people see. */
    static final Scale FULL = new Scale(32_000_000, 24_000_000, 8_000, 1_000, 8_000, 1_000);

    /** For tests: the same steps with less traffic. */
    static final Scale QUICK = new Scale(4_000_000, 6_000_000, 4_000, 500, 2_000, 300);
}
