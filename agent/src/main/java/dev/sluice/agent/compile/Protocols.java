package dev.sluice.agent.compile;

import java.util.List;
import java.util.OptionalInt;

/** Names of IP protocols, as in answers and requests. Stateless. */
public final class Protocols {
    /** What a request may say. */
    public static final String ALLOWED = "tcp, udp, icmp, icmpv6, sctp, gre, or a number in 0..255";

    private static final int NUMBER_MAX = 255;
    private static final List<Integer> NAMED = List.of(1, 6, 17, 47, 58, 132);

    private Protocols() {}

    /** The name of a protocol, or its number. */
    public static String name(int number) {
        return switch (number) {
            case 1 -> "icmp";
            case 6 -> "tcp";
            case 17 -> "udp";
            case 47 -> "gre";
            case 58 -> "icmpv6";
            case 132 -> "sctp";
            default -> Integer.toString(number);
        };
    }

    /** The number behind a name or number, empty if it is neither. */
    public static OptionalInt number(String word) {
        for (int number : NAMED) {
            if (name(number).equals(word)) {
                return OptionalInt.of(number);
            }
        }
        boolean digits = !word.isEmpty() && word.length() <= 3 && word.chars().allMatch(c -> c >= '0' && c <= '9');
        int number = digits ? Integer.parseInt(word) : -1;
        return number >= 0 && number <= NUMBER_MAX ? OptionalInt.of(number) : OptionalInt.empty();
    }
}
