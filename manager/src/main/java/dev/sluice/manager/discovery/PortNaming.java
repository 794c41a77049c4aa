package dev.sluice.manager.discovery;

import dev.sluice.southbound.Interface;
import dev.sluice.wire.MacAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.CRC32;

/**
 * What discovered ports are called: what stays the same wherever the workload goes, if the profile looks at something like that. Stateless.
 *
 * <p>The tenant of a port is that of its profile: dots in aliases become hyphens, so nobody gets into a tenant by what is written on an interface.
 */
final class PortNaming {
    private static final int LENGTH_MAX = 63;
    private static final int DIGEST_CHARACTERS = 9;

    private PortNaming() {}

    /** The alias if the profile looks at aliases, else the MAC address if it looks at these, else host and interface. */
    static String name(Sought.Profile profile, String node, Interface seen) {
        var selector = profile.discover().selector();
        String base;
        if (!selector.aliases().isEmpty() && !seen.getAlias().isBlank()) {
            base = seen.getAlias();
        } else if (!selector.macs().isEmpty()) {
            base = "mac-" + new MacAddress(seen.getMac()).toString().replace(':', '-');
        } else {
            base = node + "-" + seen.getName();
        }
        String prefix = profile.tenant().isEmpty() ? "" : profile.tenant() + ".";
        return prefix + sound(base, LENGTH_MAX - prefix.length());
    }

    /** The same text if it is a name without dots, else one like it that no other text gets. */
    private static String sound(String text, int lengthMax) {
        String plain =
                text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
        if (plain.equals(text) && plain.length() <= lengthMax) {
            return text;
        }
        int room = lengthMax - DIGEST_CHARACTERS;
        String cut = plain.length() > room ? plain.substring(0, room).replaceAll("-+$", "") : plain;
        CRC32 digest = new CRC32();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        String tail = HexFormat.of().toHexDigits((int) digest.getValue());
        return cut.isEmpty() ? tail : cut + "-" + tail;
    }
}
