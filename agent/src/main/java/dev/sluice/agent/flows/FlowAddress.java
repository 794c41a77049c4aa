package dev.sluice.agent.flows;

import dev.sluice.wire.IpAddress;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One end of a flow as users write it: {@code 10.0.0.1}, {@code 10.0.0.1:53}, {@code 2001:db8::1} or {@code [2001:db8::1]:53}.
 *
 * @param address the address
 * @param port 0..65535, or the identifier of an echo; empty if none was written
 */
public record FlowAddress(IpAddress address, OptionalInt port) {
    private static final int PORT_MAX = 65_535;
    private static final int PORT_DIGITS_MAX = 5;

    /** Reads it, empty if the text is something else. */
    public static Optional<FlowAddress> parse(String text) {
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            return end < 0 ? Optional.empty() : of(text.substring(1, end), text.substring(end + 1));
        }
        int colon = text.indexOf(':');
        boolean withPort = colon >= 0 && colon == text.lastIndexOf(':');
        return withPort ? of(text.substring(0, colon), text.substring(colon)) : of(text, "");
    }

    private static Optional<FlowAddress> of(String address, String port) {
        Optional<IpAddress> parsed = IpAddress.parse(address);
        if (parsed.isEmpty() || port.isEmpty()) {
            return parsed.map(one -> new FlowAddress(one, OptionalInt.empty()));
        }
        String digits = port.substring(1);
        boolean sound = port.startsWith(":")
                && !digits.isEmpty()
                && digits.length() <= PORT_DIGITS_MAX
                && digits.chars().allMatch(c -> c >= '0' && c <= '9')
                && Integer.parseInt(digits) <= PORT_MAX;
        return sound
                ? parsed.map(one -> new FlowAddress(one, OptionalInt.of(Integer.parseInt(digits))))
                : Optional.empty();
    }
}
