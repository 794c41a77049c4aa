package dev.sluice.manager.events;

import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;

/**
 * Something that happens.
 *
 * @param reason in one word
 * @param kind of the object that it is about
 * @param name of the object
 * @param node that it happened on; empty: on none in particular
 * @param message for people, {@value #MESSAGE_MAX} characters at most, then dots
 */
public record Happening(Reason reason, Kind kind, String name, String node, String message) {
    /** Characters of a message: what others say is kept for long, and many times. */
    public static final int MESSAGE_MAX = 1_000;

    /** Cuts the message. */
    public Happening {
        message = Trees.shorten(message, MESSAGE_MAX);
    }

    /** What happens, and whether somebody should look. */
    public enum Reason {
        /** An agent has come. */
        CONNECTED("Connected", false),

        /** An agent has gone. */
        LOST("Lost", true),

        /** A port or service node was found. */
        FOUND("Found", false),

        /** It is somewhere else now. */
        MOVED("Moved", false),

        /** It is nowhere any more. */
        VANISHED("Vanished", true),

        /** An interface, a port or a node is left alone, or what was found is not written. */
        LEFT_ALONE("LeftAlone", true),

        /** A port works again. */
        UP("Up", false),

        /** A port does not work. */
        DOWN("Down", true),

        /** A service node works again. */
        ALIVE("Alive", false),

        /** A service node does not work. */
        DEAD("Dead", true),

        /** A node does not take an object. */
        REFUSED("Refused", true),

        /** A chain has other paths than before. */
        PATHS_CHANGED("PathsChanged", false),

        /** A service manager does not take what it is called with. */
        CALL_FAILED("CallFailed", true);

        private final String word;
        private final boolean warning;

        Reason(String word, boolean warning) {
            this.word = word;
            this.warning = warning;
        }

        /** As users see it. */
        public String word() {
            return word;
        }

        /** Whether somebody should look. */
        public boolean isWarning() {
            return warning;
        }
    }

    /** {@code Kind/name}. */
    public String title() {
        return kind.word() + "/" + name;
    }
}
