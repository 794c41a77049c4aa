package dev.sluice.controller;

/** What agents say in words: as long as they like, and kept no longer than people read. Stateless. */
final class AgentText {
    private static final int CHARACTERS_MAX = 1_000;

    private AgentText() {}

    /** The beginning of a text that is too long. */
    static String cut(String text) {
        if (text.length() <= CHARACTERS_MAX) {
            return text;
        }
        // Half a character cannot be written.
        boolean within = Character.isHighSurrogate(text.charAt(CHARACTERS_MAX - 1));
        return text.substring(0, within ? CHARACTERS_MAX - 1 : CHARACTERS_MAX) + "...";
    }
}
