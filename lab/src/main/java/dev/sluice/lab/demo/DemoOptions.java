package dev.sluice.lab.demo;

/**
 * What the user asked for.
 *
 * @param quick less traffic, the same steps
 * @param keep leave everything up at the end, until the process is ended
 */
public record DemoOptions(boolean quick, boolean keep) {
    Scale scale() {
        return quick ? Scale.QUICK : Scale.FULL;
    }
}
