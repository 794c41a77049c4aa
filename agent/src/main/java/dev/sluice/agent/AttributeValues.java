package dev.sluice.agent;

import dev.sluice.datapath.AttributeIds;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Small numbers for the texts of contextual attributes, so that packets compare numbers. Any thread.
 *
 * <p>A text that rules name keeps its number as long as the process lives. Others lose it when room is needed and nothing uses them; a number comes up again only after
 * {@link AttributeIds#ID_MAX} others.
 */
public final class AttributeValues {
    /** Most texts that have a number at a time. */
    public static final int VALUES_MAX = 65_536;

    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<Integer, String> texts = new HashMap<>();
    private final BitSet ofRules = new BitSet();
    private int last;

    /** A table without texts. */
    public AttributeValues() {}

    /** The number of a text, above 0; empty if the table is full. */
    synchronized OptionalInt number(String text) {
        Integer known = numbers.get(text);
        if (known != null) {
            return OptionalInt.of(known);
        }
        if (numbers.size() >= VALUES_MAX) {
            return OptionalInt.empty();
        }
        do {
            last = last % AttributeIds.ID_MAX + 1;
        } while (texts.containsKey(last));
        numbers.put(text, last);
        texts.put(last, text);
        return OptionalInt.of(last);
    }

    /** The number of a text that a rule names, for ever; empty if the table is full. */
    synchronized OptionalInt numberOfRule(String text) {
        OptionalInt number = number(text);
        number.ifPresent(ofRules::set);
        return number;
    }

    /** The text of a number, empty if it has none. */
    synchronized String text(int number) {
        return texts.getOrDefault(number, "");
    }

    /** Forgets the texts that neither rules nor these numbers stand for. */
    synchronized void forgetAllBut(BitSet used) {
        texts.entrySet().removeIf(entry -> {
            boolean unused = !used.get(entry.getKey()) && !ofRules.get(entry.getKey());
            if (unused) {
                numbers.remove(entry.getValue());
            }
            return unused;
        });
    }
}
