package dev.sluice.model;

import java.util.Optional;

/**
 * What the alias of an interface says of the service node that it leads to: {@code sluice:fw-1}, or {@code sluice:fw-1/in} and {@code sluice:fw-1/out} of a node with
 * two interfaces, among any other words (C9).
 *
 * @param identifier what the node calls itself
 * @param side which of its sides the interface is
 */
public record NodeMark(String identifier, Side side) {
    /** What every mark begins with. */
    public static final String PREFIX = "sluice:";

    private static final int IDENTIFIER_LENGTH_MAX = 253;

    /** A side of a node. */
    public enum Side implements Word {
        /** Both: packets go and come back on one interface. */
        BOTH("both"),

        /** Where forward packets are sent. */
        IN("in"),

        /** Where forward packets come back. */
        OUT("out");

        private final String word;

        Side(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** The mark in an alias; empty: there is none that can be read. */
    public static Optional<NodeMark> of(String alias) {
        for (String word : alias.split("\\s+", -1)) {
            if (word.startsWith(PREFIX)) {
                return ofWord(word.substring(PREFIX.length()));
            }
        }
        return Optional.empty();
    }

    private static Optional<NodeMark> ofWord(String text) {
        Side side = text.endsWith("/in") ? Side.IN : text.endsWith("/out") ? Side.OUT : Side.BOTH;
        String identifier = side == Side.BOTH ? text : text.substring(0, text.lastIndexOf('/'));
        boolean sound = !identifier.isEmpty() && identifier.length() <= IDENTIFIER_LENGTH_MAX;
        return sound ? Optional.of(new NodeMark(identifier, side)) : Optional.empty();
    }
}
