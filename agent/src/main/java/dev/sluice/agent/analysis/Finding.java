package dev.sluice.agent.analysis;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Something doubtful.
 *
 * @param severity how much it matters
 * @param kind what it is
 * @param rule the rule, or the object, that it is about; {@code policy/rule}
 * @param others rules that have to do with it
 * @param places port sides where it holds, such as {@code left fromPort}
 * @param message what is wrong and what follows, in a sentence
 * @param example fields of a packet that shows it, by name; empty if no packet can
 * @param decidedBy the rule that the node's own classifier finds for the example; default if none
 */
public record Finding(
        Severity severity,
        Kind kind,
        String rule,
        List<String> others,
        List<String> places,
        String message,
        Map<String, String> example,
        String decidedBy) {
    /** How much a finding matters; the worst first. */
    public enum Severity {
        /** Something does not happen that somebody wrote down. */
        PROBLEM,
        /** Probably not what was meant. */
        WARNING,
        /** Good to know. */
        NOTE
    }

    /** What a finding is about. */
    public enum Kind {
        /** No packet can match, whatever other rules say. */
        IMPOSSIBLE,
        /** Rules of higher precedence take every packet. */
        SHADOWED,
        /** The same packets as another rule. */
        DUPLICATE,
        /** Overlaps a rule that does something else. */
        CONFLICT,
        /** Packets get around a chain that fails closed. */
        BYPASS,
        /** Is in force at no port. */
        UNAPPLIED,
        /** The chain has no path on this node. */
        NO_INSTANCE,
        /** No rule uses the chain. */
        UNUSED,
        /** Could not be decided within the budget. */
        UNDECIDED
    }

    /** Words of examples whose values are contextual attributes. */
    public static final List<String> ATTRIBUTES = Examples.ATTRIBUTES;

    /** Copies the collections. */
    public Finding {
        others = List.copyOf(others);
        places = List.copyOf(places);
        example = Collections.unmodifiableMap(new LinkedHashMap<>(example));
    }

    /** The same with the example in other words. */
    public Finding withExample(Map<String, String> other) {
        return new Finding(severity, kind, rule, others, places, message, other, decidedBy);
    }
}
