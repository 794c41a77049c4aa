package dev.sluice.fastpath;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the object says of its structures and functions, in section .BTF (Linux documentation bpf/btf), and which sections it has. Reads only as much as the tests ask for. */
final class Btf {
    private static final int KIND_STRUCT = 4;
    private static final int KIND_FUNCTION = 12;
    private static final int MAGIC = 0xeb9f;
    private static final int[] EXTRA_BYTES = {0, 4, 0, 12, -12, -12, -8, 0, 0, 0, 0, 0, 0, -8, 4, -12, 0, 4, 0, -12};

    /** Size in bytes and byte offsets of the members. */
    record Struct(int bytes, Map<String, Integer> offsets) {}

    private final MemorySegment file;
    private final Map<String, Struct> structs = new HashMap<>();
    private final Set<String> functions = new TreeSet<>();

    private Btf(byte[] object) {
        file = MemorySegment.ofArray(object);
    }

    static Map<String, Struct> of(byte[] object) {
        Btf btf = new Btf(object);
        btf.readTypes(btf.section(".BTF"));
        return btf.structs;
    }

    /** Names of its functions that are not inlined. */
    static Set<String> functions(byte[] object) {
        Btf btf = new Btf(object);
        btf.readTypes(btf.section(".BTF"));
        return btf.functions;
    }

    /** Bytes of each section of the ELF file, by name. */
    static Map<String, Long> sections(byte[] object) {
        Btf btf = new Btf(object);
        long headers = btf.file.get(ValueLayout.JAVA_LONG_UNALIGNED, 0x28);
        long names = btf.offset(headers, btf.u16(0x3e));
        Map<String, Long> all = new TreeMap<>();
        for (int i = 1; i < btf.u16(0x3c); i++) {
            String name = btf.text(names + btf.u32(headers + i * 64L));
            all.put(name, btf.file.get(ValueLayout.JAVA_LONG_UNALIGNED, headers + i * 64L + 0x20));
        }
        return all;
    }

    /** Where a section of the ELF file begins. */
    private long section(String name) {
        long headers = file.get(ValueLayout.JAVA_LONG_UNALIGNED, 0x28);
        int count = u16(0x3c);
        long names = offset(headers, u16(0x3e));
        for (int i = 0; i < count; i++) {
            if (text(names + u32(headers + i * 64L)).equals(name)) {
                return offset(headers, i);
            }
        }
        throw new AssertionError("no section " + name);
    }

    private long offset(long headers, int index) {
        return file.get(ValueLayout.JAVA_LONG_UNALIGNED, headers + index * 64L + 0x18);
    }

    private void readTypes(long at) {
        if (u16(at) != MAGIC) {
            throw new AssertionError("not BTF");
        }
        long types = at + u32(at + 4) + u32(at + 8);
        long end = types + u32(at + 12);
        long strings = at + u32(at + 4) + u32(at + 16);
        while (types < end) {
            int kind = u32(types + 4) >>> 24 & 0x1f;
            int count = u32(types + 4) & 0xffff;
            if (kind == KIND_STRUCT) {
                Map<String, Integer> offsets = new LinkedHashMap<>();
                for (int i = 0; i < count; i++) {
                    long member = types + 12 + i * 12L;
                    offsets.put(text(strings + u32(member)), (u32(member + 8) & 0xff_ffff) / 8);
                }
                structs.put(text(strings + u32(types)), new Struct(u32(types + 8), offsets));
            }
            if (kind == KIND_FUNCTION) {
                functions.add(text(strings + u32(types)));
            }
            // Negative: for each of its members.
            int extra = EXTRA_BYTES[kind];
            types += 12 + (extra < 0 ? -extra * count : extra);
        }
    }

    private int u16(long at) {
        return file.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff;
    }

    private int u32(long at) {
        return file.get(ValueLayout.JAVA_INT_UNALIGNED, at);
    }

    private String text(long at) {
        return file.getString(at);
    }
}
