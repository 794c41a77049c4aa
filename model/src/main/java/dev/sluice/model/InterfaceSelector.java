package dev.sluice.model;

import dev.sluice.wire.MacAddress;
import java.util.List;

/**
 * Which network interfaces are meant (C9): of each list that is not empty, one has to fit. In texts, {@code *} stands for any characters.
 *
 * @param interfaces their names
 * @param macs their MAC addresses, written {@code 02:00:00:00:00:01}
 * @param aliases what administrators wrote on them (ifalias)
 */
public record InterfaceSelector(List<String> interfaces, List<String> macs, List<String> aliases) {
    /** Copies the lists. */
    public InterfaceSelector {
        interfaces = List.copyOf(interfaces);
        macs = List.copyOf(macs);
        aliases = List.copyOf(aliases);
    }

    /** Whether an interface is meant; a selector without any list means none. */
    public boolean fits(String name, long mac, String alias) {
        boolean says = !interfaces.isEmpty() || !macs.isEmpty() || !aliases.isEmpty();
        return says
                && fits(interfaces, name)
                && (macs.isEmpty() || fits(macs, new MacAddress(mac).toString()))
                && fits(aliases, alias);
    }

    private static boolean fits(List<String> patterns, String text) {
        return patterns.isEmpty() || patterns.stream().anyMatch(pattern -> Glob.fits(pattern, text));
    }
}
