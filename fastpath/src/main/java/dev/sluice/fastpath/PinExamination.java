package dev.sluice.fastpath;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Looks at what lies in a directory of pins before anything of it is gone on with: it may be of another version, half of it, or something that somebody else put there. Stateless; for who opens the fast
 * path.
 *
 * <p>What kind of thing a name stands for, and of which form, the kernel says of its descriptor (proc(5), fdinfo); a map is read only when its form is known.
 */
final class PinExamination {
    private static final int HASH = 1;
    private static final int ARRAY = 2;
    private static final int PERCPU_ARRAY = 6;
    private static final int NO_PREALLOC = 1;
    private static final int MMAPABLE = 1 << 10;

    /** As many entries as a setting says. */
    private static final int ANY = 0;

    /** linux/bpf.h and journey.h. */
    private record Form(int type, int keyBytes, int valueBytes, int entries, int flags) {
        String words() {
            return "type " + type + ", keys of " + keyBytes + " bytes, values of " + valueBytes + " bytes, "
                    + (entries == ANY ? "" : entries + " entries, ") + "flags " + flags;
        }
    }

    /** What this version makes; {@code PinsSystemTest} finds those of the object so. */
    private static final Map<String, Form> FORMS = forms();

    private PinExamination() {}

    private static Map<String, Form> forms() {
        Map<String, Form> all = new LinkedHashMap<>();
        all.put("globals", new Form(ARRAY, Integer.BYTES, KernelMaps.GLOBALS_BYTES, 1, MMAPABLE));
        all.put("flows", new Form(HASH, OffloadKey.BYTES, OffloadAction.BYTES, ANY, NO_PREALLOC));
        all.put("headers", new Form(HASH, Integer.BYTES, OffloadHeaders.BYTES, ANY, NO_PREALLOC));
        all.put("paths", new Form(ARRAY, Integer.BYTES, Long.BYTES, KernelMaps.PATHS, MMAPABLE));
        all.put("ports", new Form(ARRAY, Integer.BYTES, KernelMaps.PORT_BYTES, KernelMaps.PORTS, MMAPABLE));
        all.put("ingresses", new Form(HASH, Integer.BYTES, Integer.BYTES, KernelMaps.PORTS, 0));
        all.put("counts", new Form(PERCPU_ARRAY, Integer.BYTES, Long.BYTES, PuntReason.BY_NUMBER.size(), 0));
        return all;
    }

    /** Why the maps there cannot be gone on with, in words that name one; empty if they can. */
    static String trouble(Libbpf bpf, Pins pins) {
        for (Map.Entry<String, Form> each : FORMS.entrySet()) {
            String map = each.getKey();
            int fd = pins.openMap(bpf, map);
            if (fd < 0) {
                return pins.directory().resolve(map) + " is missing or no map";
            }
            try {
                Map<String, String> said = said(fd);
                int version = map.equals("globals") ? layoutVersion(bpf, fd, said) : KernelMaps.LAYOUT_VERSION;
                if (version != KernelMaps.LAYOUT_VERSION && version >= 0) {
                    return "the maps in " + pins.directory() + " have layout " + version + ", this version has "
                            + KernelMaps.LAYOUT_VERSION;
                }
                String found = form(said, each.getValue().entries() == ANY);
                if (!found.equals(each.getValue().words())) {
                    return pins.directory().resolve(map) + " is not the map of this version: it has "
                            + (found.isEmpty() ? "nothing of a map" : found) + " instead of "
                            + each.getValue().words();
                }
            } finally {
                bpf.closeDescriptor(fd);
            }
        }
        return "";
    }

    /** Empty: it is no map. */
    private static String form(Map<String, String> said, boolean anyEntries) {
        return !said.containsKey("map_type")
                ? ""
                : new Form(
                                number(said, "map_type"),
                                number(said, "key_size"),
                                number(said, "value_size"),
                                anyEntries ? ANY : number(said, "max_entries"),
                                number(said, "map_flags"))
                        .words();
    }

    /** 0 if nobody wrote one, or if it cannot be read, so that nothing is gone on with; negative if it is no array that could have one. */
    static int layoutVersion(Libbpf bpf, int fd, Map<String, String> said) {
        boolean readable = number(said, "map_type") == ARRAY
                && number(said, "key_size") == Integer.BYTES
                && number(said, "value_size") >= KernelMaps.GLOBALS_LAYOUT_VERSION + Integer.BYTES
                && number(said, "value_size") <= KernelMaps.GLOBALS_BYTES_MAX;
        if (!readable) {
            return -1;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(KernelMaps.GLOBALS_BYTES_MAX, 8);
            int answer = bpf.mapLookup(fd, arena.allocateFrom(ValueLayout.JAVA_INT, 0), value);
            // What looks like no number of a version is none.
            return answer < 0
                    ? 0
                    : value.get(ValueLayout.JAVA_INT, KernelMaps.GLOBALS_LAYOUT_VERSION) & Integer.MAX_VALUE;
        }
    }

    /** Whether a descriptor is that of a program's link to an interface, as this process would have made it. */
    static boolean isLink(int fd, Hook hook, int interfaceIndex) {
        Map<String, String> said = said(fd);
        return isLink(said, hook) && number(said, "ifindex") == interfaceIndex;
    }

    /** The same, to any interface. */
    static boolean isLink(int fd, Hook hook) {
        return isLink(said(fd), hook);
    }

    static boolean isLink(Map<String, String> said, Hook hook) {
        String type = said.getOrDefault("link_type", "");
        return hook == Hook.XDP
                ? type.equals("xdp")
                : type.equals("tcx") && number(said, "attach_type") == Libbpf.TCX_INGRESS;
    }

    /** What the kernel says of a descriptor, by name. */
    static Map<String, String> said(int fd) {
        Map<String, String> all = new HashMap<>();
        try {
            Files.readString(Path.of("/proc/self/fdinfo/" + fd), StandardCharsets.US_ASCII)
                    .lines()
                    .map(line -> line.split(":\\s*", 2))
                    .filter(parts -> parts.length == 2)
                    .forEach(parts -> all.put(parts[0], parts[1].strip()));
        } catch (IOException e) {
            // Then it says nothing, and is nothing that is known.
            all.clear();
        }
        return all;
    }

    /** The number that a value begins with, as in "46 (ingress)" or "0x1"; -1: none. */
    static int number(Map<String, String> said, String name) {
        try {
            return Integer.decode(said.getOrDefault(name, "").split(" ", 2)[0]);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
