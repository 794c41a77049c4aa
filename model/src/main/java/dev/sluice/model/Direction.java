package dev.sluice.model;

/** Which packets of a port are meant. */
public enum Direction implements Word {
    /** Both of the others. */
    BOTH("both"),

    /** Packets coming in from the port, before routing. */
    FROM_PORT("fromPort"),

    /** Packets going out to the port, after routing. */
    TO_PORT("toPort");

    private final String word;

    Direction(String word) {
        this.word = word;
    }

    @Override
    public String word() {
        return word;
    }
}
