package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.AttributeIds;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Small numbers for the texts of contextual attributes, so that packets compare numbers. Any thread.
 *
 * <p>A text that rules name keeps its number as long as the process lives. Others lose it when room is needed and nothing uses them; a number comes up again only after
 * {@link AttributeIds#ID_MAX} others.
 */
public final class AttributeValues {
    /** Most texts that have a number at a time: more than all ports and flows can have, so that taking numbers back is rare. */
    public static final int VALUES_MAX = 262_144;

    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<Integer, String> texts = new HashMap<>();
    private final BitSet ofRules = new BitSet();
    private int last;

    /** A table without texts. */
    public AttributeValues() {}

    /** The numbers of three texts, 0 where there is none, as in {@link AttributeIds}; empty if the table is full. */
    public synchronized OptionalLong numbers(
            Optional<String> application, Optional<String> group, Optional<String> user) {
        OptionalInt first = number(application);
        OptionalInt second = number(group);
        OptionalInt third = number(user);
        return first.isPresent() && second.isPresent() && third.isPresent()
                ? OptionalLong.of(AttributeIds.of(first.getAsInt(), second.getAsInt(), third.getAsInt()))
                : OptionalLong.empty();
    }

    private OptionalInt number(Optional<String> text) {
        return text.isEmpty() ? OptionalInt.of(0) : number(text.get());
    }

    private OptionalInt number(String text) {
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
    public synchronized String text(int number) {
        return texts.getOrDefault(number, "");
    }

    /** Forgets the texts that neither rules nor these numbers stand for. */
    public synchronized void forgetAllBut(BitSet used) {
        texts.entrySet().removeIf(entry -> {
            boolean unused = !used.get(entry.getKey()) && !ofRules.get(entry.getKey());
            if (unused) {
                numbers.remove(entry.getValue());
            }
            return unused;
        });
    }
}
