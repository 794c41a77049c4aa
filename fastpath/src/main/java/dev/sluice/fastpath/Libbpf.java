package dev.sluice.fastpath;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.sluice.ports.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The functions of libbpf (version 1.0 or later) and of the C library that the fast path calls. Immutable; any thread.
 *
 * <p>libbpf answers a negative errno itself, or a null pointer with errno set. What is called while packets flow ({@link #mapUpdate} and its like) allocates nothing.
 */
final class Libbpf {
    static final String LIBRARY = "libbpf.so.1";

    /** BPF_TCX_INGRESS of linux/bpf.h, Linux 6.6 and later. */
    static final int TCX_INGRESS = 46;

    /** BPF_XDP of linux/bpf.h. */
    static final int XDP = 37;

    /** XDP_FLAGS_DRV_MODE of linux/if_link.h: by the driver itself, never by the kernel in its place. */
    private static final int XDP_BY_DRIVER = 4;

    private static final int LINK_OPTIONS_BYTES = 16;

    /** The beginning of struct bpf_map_info of linux/bpf.h: type, id, key_size, value_size, max_entries, each 4 bytes. */
    private static final int MAP_INFO_BYTES = 80;

    private static final int MAP_INFO_MAX_ENTRIES = 16;

    /** The beginning of struct bpf_prog_info of linux/bpf.h, up to verified_insns (Linux 5.16). */
    private static final int PROGRAM_INFO_BYTES = 224;

    private static final int PROGRAM_INFO_VERIFIED = 216;

    private static final int PROGRAM_INFO_MAPS = 52;
    private static final int PROGRAM_INFO_MAP_IDS = 56;
    private static final int PROGRAM_INFO_NAME = 64;
    private static final int MAP_INFO_NAME = 24;

    /** BPF_F_BEFORE of linux/bpf.h: in front of all others. */
    private static final int BEFORE_OTHERS = 8;

    /** struct bpf_prog_query_opts of bpf/bpf.h. */
    private static final int QUERY_BYTES = 40;

    private static final int QUERY_IDS = 16;
    private static final int QUERY_COUNT = 24;

    /** Programs at one place that are told of: as many as the kernel lets be there (BPF_MPROG_MAX). */
    private static final int QUERY_MAX = 64;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;

    private static @Nullable Libbpf loaded;

    private final MethodHandle openMemory;
    private final MethodHandle load;
    private final MethodHandle closeObject;
    private final MethodHandle findMap;
    private final MethodHandle mapFd;
    private final MethodHandle setMaxEntries;
    private final MethodHandle setPinPath;
    private final MethodHandle reuseFd;
    private final MethodHandle findProgram;
    private final MethodHandle programFd;
    private final MethodHandle setLog;
    private final MethodHandle setAutoload;
    private final MethodHandle linkCreate;
    private final MethodHandle linkUpdate;
    private final MethodHandle pin;
    private final MethodHandle get;
    private final MethodHandle update;
    private final MethodHandle lookup;
    private final MethodHandle delete;
    private final MethodHandle lookupAndDelete;
    private final MethodHandle lookupBatch;
    private final MethodHandle info;
    private final MethodHandle testRun;
    private final MethodHandle query;
    private final MethodHandle queryXdp;
    private final MethodHandle programById;
    private final MethodHandle mapById;
    private final MethodHandle linkById;
    private final MethodHandle nextLink;
    private final MethodHandle detach;

    private final Linker.Option capture = Linker.Option.captureCallState("errno");
    private final VarHandle errno =
            Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private final MethodHandle mmap;
    private final MethodHandle munmap;
    private final MethodHandle close;

    private Libbpf(SymbolLookup library) {
        FunctionDescriptor find = FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS);
        FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_INT, ADDRESS);
        FunctionDescriptor onMap = FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
        openMemory = link(library, "bpf_object__open_mem", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
        load = link(library, "bpf_object__load", descriptor);
        closeObject = link(library, "bpf_object__close", FunctionDescriptor.ofVoid(ADDRESS));
        findMap = link(library, "bpf_object__find_map_by_name", find);
        mapFd = link(library, "bpf_map__fd", descriptor);
        setMaxEntries = link(library, "bpf_map__set_max_entries", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
        setPinPath = link(library, "bpf_map__set_pin_path", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
        reuseFd = link(library, "bpf_map__reuse_fd", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
        findProgram = link(library, "bpf_object__find_program_by_name", find);
        programFd = link(library, "bpf_program__fd", descriptor);
        setLog =
                link(library, "bpf_program__set_log_buf", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
        setAutoload =
                link(library, "bpf_program__set_autoload", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_BOOLEAN));
        linkCreate = link(
                library, "bpf_link_create", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
        linkUpdate = link(library, "bpf_link_update", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
        pin = link(library, "bpf_obj_pin", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
        get = link(library, "bpf_obj_get", descriptor);
        update = link(
                library, "bpf_map_update_elem", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
        lookup = link(library, "bpf_map_lookup_elem", onMap);
        delete = link(library, "bpf_map_delete_elem", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
        lookupAndDelete = link(library, "bpf_map_lookup_and_delete_elem", onMap);
        lookupBatch = link(
                library,
                "bpf_map_lookup_batch",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        info = link(library, "bpf_obj_get_info_by_fd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
        testRun = link(library, "bpf_prog_test_run_opts", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
        FunctionDescriptor ofNumber = FunctionDescriptor.of(JAVA_INT, JAVA_INT);
        query = link(library, "bpf_prog_query_opts", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
        queryXdp = link(library, "bpf_xdp_query_id", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
        programById = link(library, "bpf_prog_get_fd_by_id", ofNumber);
        mapById = link(library, "bpf_map_get_fd_by_id", ofNumber);
        linkById = link(library, "bpf_link_get_fd_by_id", ofNumber);
        nextLink = link(library, "bpf_link_get_next_id", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
        detach = link(library, "bpf_link_detach", ofNumber);
        SymbolLookup c = Linker.nativeLinker().defaultLookup();
        mmap = link(
                c,
                "mmap",
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
                capture);
        munmap = link(c, "munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
        close = link(c, "close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        // Its own words go to standard error, where nobody expects them; ours have the errno and the verifier's last
        // line.
        callVoid(link(library, "libbpf_set_print", FunctionDescriptor.of(ADDRESS, ADDRESS)));
    }

    private static void callVoid(MethodHandle setPrint) {
        try {
            MemorySegment before = (MemorySegment) setPrint.invokeExact(MemorySegment.NULL);
            assert before != null;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The library, loaded once. */
    static synchronized Libbpf get() throws PortException {
        return get(LIBRARY);
    }

    /** The library if it is loaded. */
    static synchronized @Nullable Libbpf loaded() {
        return loaded;
    }

    /** As above, from another file if it is the first time. */
    static synchronized Libbpf get(String file) throws PortException {
        Libbpf library = loaded;
        if (library == null) {
            library = load(file);
            loaded = library;
        }
        return library;
    }

    /** Loads the library from a file. */
    static Libbpf load(String file) throws PortException {
        try {
            return new Libbpf(SymbolLookup.libraryLookup(file, Arena.global()));
        } catch (IllegalArgumentException e) {
            throw new PortException(
                    "fast path: " + file
                            + " is not there or older than 1.0; install it (Debian: apt-get install libbpf1) or run with the fast path off");
        }
    }

    private static MethodHandle link(
            SymbolLookup library, String name, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment symbol =
                library.find(name).orElseThrow(() -> new IllegalArgumentException("no function " + name));
        return Linker.nativeLinker().downcallHandle(symbol, descriptor, options);
    }

    /** The object, or null. */
    MemorySegment open(MemorySegment bytes) {
        try {
            return (MemorySegment) openMemory.invokeExact(bytes, bytes.byteSize(), MemorySegment.NULL);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int load(MemorySegment object) {
        return callInt(load, object);
    }

    void close(MemorySegment object) {
        try {
            closeObject.invokeExact(object);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    MemorySegment map(MemorySegment object, String name) {
        return find(findMap, object, name);
    }

    MemorySegment program(MemorySegment object, String name) {
        return find(findProgram, object, name);
    }

    private static MemorySegment find(MethodHandle handle, MemorySegment object, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = (MemorySegment) handle.invokeExact(object, arena.allocateFrom(name));
            if (found.equals(MemorySegment.NULL)) {
                throw new IllegalStateException("the object of the fast path has no " + name);
            }
            return found;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int mapFd(MemorySegment map) {
        return callInt(mapFd, map);
    }

    int programFd(MemorySegment program) {
        return callInt(programFd, program);
    }

    int setMaxEntries(MemorySegment map, int entries) {
        try {
            return (int) setMaxEntries.invokeExact(map, entries);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int setPinPath(MemorySegment map, String path) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) setPinPath.invokeExact(map, arena.allocateFrom(path));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The map of an object that is not loaded yet is to be one that is there already. */
    int reuse(MemorySegment map, int fd) {
        try {
            return (int) reuseFd.invokeExact(map, fd);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Where the verifier's words about a program go if it is refused; the memory has to live until the object is loaded. */
    void setLog(MemorySegment program, MemorySegment log) {
        try {
            int ignored = (int) setLog.invokeExact(program, log, log.byteSize());
            assert ignored == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Leaves a program of an object out, which is not loaded yet. */
    void leaveOut(MemorySegment program) {
        try {
            int ignored = (int) setAutoload.invokeExact(program, false);
            assert ignored == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** A descriptor whose closing detaches the program again. */
    int attachTcx(int programFd, int interfaceIndex) {
        try {
            return (int) linkCreate.invokeExact(programFd, interfaceIndex, TCX_INGRESS, MemorySegment.NULL);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The same in front of all programs that are there. */
    int attachTcxInFront(int programFd, int interfaceIndex) {
        return attach(programFd, interfaceIndex, TCX_INGRESS, BEFORE_OTHERS);
    }

    /** The same by XDP, in the driver; -EOPNOTSUPP: it has none. */
    int attachXdp(int programFd, int interfaceIndex) {
        return attach(programFd, interfaceIndex, XDP, XDP_BY_DRIVER);
    }

    private int attach(int programFd, int interfaceIndex, int place, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment options = arena.allocate(LINK_OPTIONS_BYTES, 8);
            options.set(JAVA_LONG, 0, LINK_OPTIONS_BYTES);
            options.set(JAVA_INT, 8, flags);
            return (int) linkCreate.invokeExact(programFd, interfaceIndex, place, options);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Takes the program of a link away from its interface, whoever else has the link. */
    int detach(int linkFd) {
        return callInt(detach, linkFd);
    }

    /** Identifiers of the programs at tc of an interface, in their order; empty also where the kernel does not tell. */
    int[] programsAtTcx(int interfaceIndex) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(QUERY_BYTES, 8);
            MemorySegment ids = arena.allocate(JAVA_INT, QUERY_MAX);
            found.set(JAVA_LONG, 0, QUERY_BYTES);
            found.set(ADDRESS, QUERY_IDS, ids);
            found.set(JAVA_INT, QUERY_COUNT, QUERY_MAX);
            int answer = (int) query.invokeExact(interfaceIndex, TCX_INGRESS, found);
            int count = answer < 0 ? 0 : found.get(JAVA_INT, QUERY_COUNT);
            return ids.asSlice(0, (long) count * Integer.BYTES).toArray(JAVA_INT);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** That of the program which an interface's driver runs at XDP; none or one. */
    int[] programsAtXdp(int interfaceIndex) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment id = arena.allocate(JAVA_INT);
            int answer = (int) queryXdp.invokeExact(interfaceIndex, XDP_BY_DRIVER, id);
            return answer < 0 || id.get(JAVA_INT, 0) == 0 ? new int[0] : new int[] {id.get(JAVA_INT, 0)};
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** A descriptor of a program by its identifier; -EPERM without CAP_SYS_ADMIN. */
    int programById(int id) {
        return callInt(programById, id);
    }

    /** The same of a link. */
    int linkById(int id) {
        return callInt(linkById, id);
    }

    /** The identifier of the next link of this machine, or a negative errno. */
    int nextLink(int id) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment next = arena.allocate(JAVA_INT);
            int answer = (int) nextLink.invokeExact(id, next);
            return answer < 0 ? answer : next.get(JAVA_INT, 0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The name of a program, behind it those of its maps; empty if the kernel does not tell. */
    List<String> names(int programFd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(PROGRAM_INFO_BYTES, 8);
            MemorySegment ids = arena.allocate(JAVA_INT, QUERY_MAX);
            found.set(JAVA_INT, PROGRAM_INFO_MAPS, QUERY_MAX);
            found.set(ADDRESS, PROGRAM_INFO_MAP_IDS, ids);
            if ((int) info.invokeExact(programFd, found, arena.allocateFrom(JAVA_INT, PROGRAM_INFO_BYTES)) < 0) {
                return List.of();
            }
            List<String> all = new ArrayList<>();
            all.add(found.getString(PROGRAM_INFO_NAME));
            int maps = Math.min(QUERY_MAX, found.get(JAVA_INT, PROGRAM_INFO_MAPS));
            for (int i = 0; i < maps; i++) {
                all.add(mapName(arena, callInt(mapById, ids.getAtIndex(JAVA_INT, i))));
            }
            return all;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private String mapName(Arena arena, int fd) throws Throwable {
        if (fd < 0) {
            return "";
        }
        MemorySegment found = arena.allocate(MAP_INFO_BYTES, 8);
        int answer = (int) info.invokeExact(fd, found, arena.allocateFrom(JAVA_INT, MAP_INFO_BYTES));
        closeDescriptor(fd);
        return answer < 0 ? "" : found.getString(MAP_INFO_NAME);
    }

    /** Puts another program in the place of the one that is attached; no packet meets neither. */
    int replace(int linkFd, int programFd) {
        try {
            return (int) linkUpdate.invokeExact(linkFd, programFd, MemorySegment.NULL);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int pin(int fd, String path) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) pin.invokeExact(fd, arena.allocateFrom(path));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** A descriptor of what is pinned there. */
    int pinned(String path) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) get.invokeExact(arena.allocateFrom(path));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int mapUpdate(int fd, MemorySegment key, MemorySegment value) {
        try {
            return (int) update.invokeExact(fd, key, value, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int mapLookup(int fd, MemorySegment key, MemorySegment value) {
        return callMap(lookup, fd, key, value);
    }

    int mapLookupAndDelete(int fd, MemorySegment key, MemorySegment value) {
        return callMap(lookupAndDelete, fd, key, value);
    }

    private static int callMap(MethodHandle handle, int fd, MemorySegment key, MemorySegment value) {
        try {
            return (int) handle.invokeExact(fd, key, value);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int mapDelete(int fd, MemorySegment key) {
        try {
            return (int) delete.invokeExact(fd, key);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** {@code count} is an int: room on the way in, entries on the way out; -ENOENT: these were the last. */
    int mapLookupBatch(
            int fd,
            MemorySegment in,
            MemorySegment out,
            MemorySegment keys,
            MemorySegment values,
            MemorySegment count) {
        try {
            return (int) lookupBatch.invokeExact(fd, in, out, keys, values, count, MemorySegment.NULL);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Entries that a map has room for, or a negative errno. */
    int maxEntries(int mapFd) {
        return info(mapFd, MAP_INFO_BYTES, MAP_INFO_MAX_ENTRIES);
    }

    /** Instructions that the verifier looked at before it accepted a program, or a negative errno. */
    int verifiedInstructions(int programFd) {
        return info(programFd, PROGRAM_INFO_BYTES, PROGRAM_INFO_VERIFIED);
    }

    private int info(int fd, int bytes, int field) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(bytes, 8);
            int answer = (int) info.invokeExact(fd, found, arena.allocateFrom(JAVA_INT, bytes));
            return answer < 0 ? answer : found.get(JAVA_INT, field);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int testRun(int programFd, MemorySegment options) {
        try {
            return (int) testRun.invokeExact(programFd, options);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Shares the memory of an array with the kernel; the address, or the negative errno. */
    long mapMemory(int fd, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
            long address = (long) mmap.invokeExact(state, 0L, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0L);
            return address == -1 ? -(int) errno.get(state, 0L) : address;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void unmapMemory(long address, long bytes) {
        try {
            int ignored = (int) munmap.invokeExact(address, bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void closeDescriptor(int fd) {
        try {
            int ignored = (int) close.invokeExact(fd);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int callInt(MethodHandle handle, MemorySegment argument) {
        try {
            return (int) handle.invokeExact(argument);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int callInt(MethodHandle handle, int argument) {
        try {
            return (int) handle.invokeExact(argument);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static RuntimeException unexpected(Throwable e) {
        return e instanceof RuntimeException known ? known : new IllegalStateException("a linked function threw", e);
    }
}
