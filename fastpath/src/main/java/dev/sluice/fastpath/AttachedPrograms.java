package dev.sluice.fastpath;

import dev.sluice.ports.PortException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Programs that are attached to an interface of the calling thread's network namespace, whatever name holds them: what an earlier process left is not only where this one would leave it. Stateless; for who
 * attaches and who removes.
 *
 * <p>Ours are known by their name and those of their maps, which all versions have. To look at programs that this process has no descriptor of, the kernel wants CAP_SYS_ADMIN.
 */
final class AttachedPrograms {
    private static final int EPERM = 1;
    private static final List<String> OUR_MAPS = List.of("flows", "ingresses", "globals");

    /** Whose a program is. */
    enum Whose {
        OURS,
        OTHERS,
        /** Nobody tells this process. */
        UNKNOWN
    }

    /**
     * A program at an interface.
     *
     * @param id as {@code bpftool prog show id} has it
     * @param name empty if it is unknown
     */
    record Found(Hook hook, int id, String name, Whose whose) {
        /** For messages. */
        String words() {
            return (name.isEmpty() ? "a program" : name) + " (id " + id + ", " + hook.word() + ")";
        }
    }

    private AttachedPrograms() {}

    /** What is attached by a hook, in the order of the kernel. */
    static List<Found> at(Libbpf bpf, Hook hook, int interfaceIndex) {
        List<Found> all = new ArrayList<>();
        int[] ids = hook == Hook.XDP ? bpf.programsAtXdp(interfaceIndex) : bpf.programsAtTcx(interfaceIndex);
        for (int id : ids) {
            all.add(look(bpf, hook, id));
        }
        return all;
    }

    /** All of ours there, by whichever hook. */
    static List<Found> oursAt(Libbpf bpf, int interfaceIndex) {
        List<Found> all = new ArrayList<>();
        for (Hook hook : Hook.values()) {
            at(bpf, hook, interfaceIndex).stream()
                    .filter(found -> found.whose() == Whose.OURS)
                    .forEach(all::add);
        }
        return all;
    }

    /**
     * Takes away what processes before have left at an interface under other names than ours: it would repeat what it knows for ever, and drop the rest.
     *
     * @param own identifier of the program of a hook that is gone on with, negative: there is none
     * @param shared whether the host has addresses there, so that frames go on to the next program
     * @return what it was, in words
     * @throws PortException if something is there that nobody tells this process of, and that would see frames
     */
    static List<String> letGoOfForgotten(
            Libbpf bpf, String interfaceName, int interfaceIndex, ToIntFunction<Hook> own, boolean shared)
            throws PortException {
        List<String> gone = new ArrayList<>();
        for (Hook hook : Hook.values()) {
            int known = own.applyAsInt(hook);
            for (Found found : at(bpf, hook, interfaceIndex)) {
                if (found.whose() == Whose.OURS && found.id() != known) {
                    detach(bpf, found, interfaceName, interfaceIndex);
                    gone.add(found.words() + " at " + interfaceName);
                } else if (found.whose() == Whose.UNKNOWN && known < 0 && (hook == Hook.XDP || shared)) {
                    throw unknown(found, interfaceName);
                }
            }
        }
        return gone;
    }

    /** Whether there is one at tc that this process may not look at. */
    static boolean hasUnknown(Libbpf bpf, int interfaceIndex) {
        return at(bpf, Hook.TC, interfaceIndex).stream().anyMatch(found -> found.whose() == Whose.UNKNOWN);
    }

    private static PortException unknown(Found found, String interfaceName) {
        return new PortException("fast path on " + interfaceName + ": " + found.words()
                + " is attached there, and without CAP_SYS_ADMIN nobody can tell whether it is one that an earlier Sluice left, which would go on under its own rules;"
                + " as root: sluice uninstall takes such ones away; others: bpftool net show dev " + interfaceName);
    }

    private static Found look(Libbpf bpf, Hook hook, int id) {
        int fd = bpf.programById(id);
        if (fd < 0) {
            return new Found(hook, id, "", fd == -EPERM ? Whose.UNKNOWN : Whose.OTHERS);
        }
        List<String> names = bpf.names(fd);
        bpf.closeDescriptor(fd);
        String name = names.isEmpty() ? "" : names.getFirst();
        boolean ours = name.equals(hook == Hook.XDP ? Program.XDP_ATTACHED : Program.TC_ATTACHED)
                && names.containsAll(OUR_MAPS);
        return new Found(hook, id, name, ours ? Whose.OURS : Whose.OTHERS);
    }

    /**
     * Takes one away, whatever keeps its link.
     *
     * @throws PortException if it stays
     */
    static void detach(Libbpf bpf, Found found, String interfaceName, int interfaceIndex) throws PortException {
        int answer = 0;
        for (int id = bpf.nextLink(0); id >= 0; id = bpf.nextLink(id)) {
            int fd = bpf.linkById(id);
            if (fd < 0) {
                continue;
            }
            Map<String, String> said = PinExamination.said(fd);
            if (PinExamination.isLink(said, found.hook())
                    && PinExamination.number(said, "prog_id") == found.id()
                    && PinExamination.number(said, "ifindex") == interfaceIndex) {
                answer = Math.min(answer, bpf.detach(fd));
            }
            bpf.closeDescriptor(fd);
        }
        if (answer < 0 || at(bpf, found.hook(), interfaceIndex).stream().anyMatch(now -> now.id() == found.id())) {
            throw new PortException("fast path on " + interfaceName + ": " + found.words()
                    + ", which an earlier process left there, cannot be taken away (errno " + -answer
                    + "); as root: sluice uninstall, or: bpftool net detach");
        }
    }
}
