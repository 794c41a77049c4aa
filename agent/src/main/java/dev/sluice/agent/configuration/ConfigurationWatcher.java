package dev.sluice.agent.configuration;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the files of a configuration have changed. A thread of its own; it only calls.
 *
 * <p>Editors and scripts touch several files one after the other: a change is told when nothing has happened for {@value #QUIET_MS} ms, and only if the
 * contents are really others. Should the kernel not tell (network file systems), the contents are compared every {@value #LOOK_MS} ms.
 */
public final class ConfigurationWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigurationWatcher.class);
    private static final int QUIET_MS = 200;
    private static final int LOOK_MS = 2000;

    /** A directory in which something happens all the time is looked at all the same, but not more often than this. */
    private static final long BUSY_NS = 1_000_000_000L;

    private final Path source;
    private final Runnable onChange;
    private final @Nullable WatchService service;
    private volatile boolean closed;
    private String hash;

    private ConfigurationWatcher(Path source, String hash, Runnable onChange, @Nullable WatchService service) {
        this.source = source;
        this.hash = hash;
        this.onChange = onChange;
        this.service = service;
    }

    /**
     * Starts to watch.
     *
     * @param source file or directory
     * @param hash {@link ConfigurationFiles#hash} of what is applied already
     * @param onChange called from the watcher's thread after each change
     */
    public static ConfigurationWatcher open(Path source, String hash, Runnable onChange) {
        ConfigurationWatcher watcher = new ConfigurationWatcher(source, hash, onChange, register(source));
        Thread.ofPlatform().daemon().name("sluice-files").start(watcher::run);
        return watcher;
    }

    private static @Nullable WatchService register(Path source) {
        Path directory =
                Files.isDirectory(source) ? source : source.toAbsolutePath().getParent();
        if (directory == null) {
            return null;
        }
        try {
            WatchService service = FileSystems.getDefault().newWatchService();
            directory.register(
                    service,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
            return service;
        } catch (IOException e) {
            LOG.info("{} cannot be watched ({}); it is looked at every {} ms", directory, e.toString(), LOOK_MS);
            return null;
        }
    }

    private void run() {
        while (!closed) {
            try {
                boolean told = happened(LOOK_MS);
                long sinceNs = System.nanoTime();
                while (told && System.nanoTime() - sinceNs < BUSY_NS && happened(QUIET_MS)) {
                    // Something happened again: wait on.
                }
                look();
            } catch (InterruptedException | ClosedWatchServiceException e) {
                return;
            } catch (RuntimeException e) {
                LOG.error("a look at {} failed because of a defect of this program; it goes on", source, e);
            }
        }
    }

    private boolean happened(int waitMs) throws InterruptedException {
        if (service == null) {
            Thread.sleep(waitMs);
            return false;
        }
        WatchKey key = service.poll(waitMs, TimeUnit.MILLISECONDS);
        if (key == null) {
            return false;
        }
        key.pollEvents();
        key.reset();
        return true;
    }

    private void look() {
        String now = ConfigurationFiles.hash(source);
        if (!now.equals(hash) && !closed) {
            hash = now;
            onChange.run();
        }
    }

    @Override
    public void close() {
        closed = true;
        if (service != null) {
            try {
                service.close();
            } catch (IOException e) {
                LOG.debug("the watch on {} could not be closed: {}", source, e.toString());
            }
        }
    }
}
