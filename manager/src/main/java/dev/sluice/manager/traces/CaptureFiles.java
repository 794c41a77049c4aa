package dev.sluice.manager.traces;

import dev.sluice.manager.objects.ManagedObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The packets of captures, in memory only: {@link CaptureService} puts them in and takes them out, who asks for them reads. Any thread. */
public final class CaptureFiles {
    /** Most bytes of one capture, of all its hosts together. */
    public static final int FILE_BYTES_MAX = 1 << 20;

    private final Map<String, Kept> kept = new HashMap<>();

    /** Number of the service that puts files in; a thread of one that was closed may come late. */
    private long service;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Kept(ManagedObject of, String tenant, byte[] file) {
        /** Whether it is what this generation of an object asked for. */
        boolean isOf(ManagedObject object) {
            return RunningCapture.same(of, object);
        }
    }

    /** A service begins, with nothing; its number. */
    synchronized long begin() {
        kept.clear();
        return ++service;
    }

    /** It ends, and nobody has packets any more. */
    synchronized void end(long number) {
        if (number == service) {
            begin();
        }
    }

    /**
     * Keeps a file, if the service has not ended.
     *
     * @param number of the service
     * @param tenant that the object belonged to when its packets were captured; empty: it was one that all share
     */
    synchronized void keep(long number, ManagedObject object, String tenant, byte[] file) {
        if (number == service) {
            kept.put(object.name(), new Kept(object, tenant, file));
        }
    }

    /** Forgets all files but those of these objects as they are. */
    synchronized void retain(List<ManagedObject> there) {
        kept.values().removeIf(each -> there.stream().noneMatch(each::isOf));
    }

    /**
     * The file of an object.
     *
     * @param tenant that the object belongs to now: those who read its packets because of that must be those whose packets they are
     * @return one pcapng file, with a section for each host; empty: there is none
     */
    public synchronized Optional<byte[]> file(ManagedObject object, String tenant) {
        return Optional.ofNullable(kept.get(object.name()))
                .filter(each -> each.isOf(object) && each.tenant.equals(tenant))
                .map(Kept::file);
    }

    synchronized boolean has(ManagedObject object) {
        return Optional.ofNullable(kept.get(object.name()))
                .filter(each -> each.isOf(object))
                .isPresent();
    }
}
