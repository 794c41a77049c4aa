package dev.sluice.agent.southbound;

import dev.sluice.model.InterfaceSelector;
import dev.sluice.model.NodeMark;
import dev.sluice.ports.LinkInfo;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.Interface;
import dev.sluice.southbound.Interfaces;
import dev.sluice.southbound.Lookout;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which interfaces of the host a manager wants to hear of, and what it was told of them (C9). No threads, sockets or clocks: everything that happens is a call. One user.
 *
 * <p>An interface that carries the default route or a login, or is a member of a bridge or a bond, is told with the reason, so that nobody takes it; loopback, and interfaces that Sluice made for itself, are not told.
 */
final class InterfaceLookout {
    /** More interfaces are counted, not told: those whose names come first are. */
    static final int TOLD_MAX = 4_096;

    private static final String LOOPBACK = "lo";

    /** What interfaces are called that the fast path makes for itself. */
    private static final String OWN = "sluice-";

    /** What the manager calls interfaces of instances that hosts make. */
    private static final Pattern MADE = Pattern.compile("sl[0-9a-f]{10}[io]");

    private List<InterfaceSelector> selectors = List.of();
    private boolean marks;
    private NavigableMap<String, Interface> told = new TreeMap<>();
    private int leftOff;

    /** Whether the next message begins anew. */
    private boolean whole = true;

    /** A new stream: nobody has been told anything over it, and nobody wants to hear of anything yet. */
    void begin() {
        lookFor(Lookout.getDefaultInstance());
    }

    /** From now on these interfaces are to be told. */
    void lookFor(Lookout lookout) {
        selectors = lookout.getSelectorsList().stream()
                .map(each -> new InterfaceSelector(each.getInterfacesList(), each.getMacsList(), each.getAliasesList()))
                .toList();
        marks = lookout.getMarks();
        told = new TreeMap<>();
        leftOff = 0;
        whole = true;
    }

    /** Whether there is anything to be looked for. */
    boolean isLooking() {
        return marks || !selectors.isEmpty();
    }

    /**
     * What is to be said of the interfaces as they are now; nothing if it was said before.
     *
     * @param inUse interfaces that carry something which must not break, and what; asked only if some interface fits
     */
    Optional<FromAgent> tell(Collection<LinkInfo> links, Supplier<Map<String, String>> inUse) {
        if (!isLooking()) {
            return Optional.empty();
        }
        List<LinkInfo> fitting = links.stream().filter(this::fits).toList();
        Map<String, String> used = fitting.isEmpty() ? Map.of() : inUse.get();
        NavigableMap<String, Interface> now = new TreeMap<>();
        fitting.forEach(link -> now.put(link.name(), interfaceOf(link, used)));
        int more = Math.max(0, now.size() - TOLD_MAX);
        while (now.size() > TOLD_MAX) {
            now.pollLastEntry();
        }
        Interfaces.Builder message = Interfaces.newBuilder().setWhole(whole).setLeftOff(more);
        now.forEach((name, each) -> {
            Interface before = told.get(name);
            if (before == null || !each.equals(before)) {
                message.addSeen(each);
            }
        });
        told.keySet().stream().filter(name -> !now.containsKey(name)).forEach(message::addGone);
        boolean news = whole || more != leftOff || message.getSeenCount() > 0 || message.getGoneCount() > 0;
        told = now;
        leftOff = more;
        whole = false;
        return news ? Optional.of(FromAgent.newBuilder().setInterfaces(message).build()) : Optional.empty();
    }

    private boolean fits(LinkInfo link) {
        if (link.name().equals(LOOPBACK)
                || link.name().startsWith(OWN)
                || MADE.matcher(link.name()).matches()) {
            return false;
        }
        return (marks && NodeMark.of(link.alias()).isPresent())
                || selectors.stream().anyMatch(each -> each.fits(link.name(), link.mac(), link.alias()));
    }

    private static Interface interfaceOf(LinkInfo link, Map<String, String> used) {
        String carries = used.getOrDefault(link.name(), "");
        String member = link.master() == 0 ? "" : "is a member of a bridge or a bond of the kernel";
        String why = String.join(
                "; ", Stream.of(carries, member).filter(text -> !text.isEmpty()).toList());
        return Interface.newBuilder()
                .setName(link.name())
                .setMac(link.mac())
                .setAlias(link.alias())
                .setWorks(link.works())
                .setInUse(why)
                .setIndex(link.index())
                .build();
    }
}
