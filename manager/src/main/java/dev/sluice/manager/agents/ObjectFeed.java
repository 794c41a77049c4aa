package dev.sluice.manager.agents;

import dev.sluice.controller.Controller;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a controller what the objects are, and then each change. A thread of its own. */
final class ObjectFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectFeed.class);
    private static final long AWAIT_MS = 1_000;
    private static final long RETRY_MS = 1_000;

    private final Inventory inventory;
    private final ObjectNews news;
    private final Thread thread;
    private volatile boolean stopping;

    private ObjectFeed(Inventory inventory, Controller controller, Runnable changed) {
        this.inventory = inventory;
        news = new ObjectNews(inventory, (objects, removed, flows) -> {
            controller.change(objects, removed, flows);
            changed.run();
        });
        thread = Thread.ofPlatform().daemon().name("sluice-objects").unstarted(this::run);
    }

    /**
     * Tells all objects, and then follows them.
     *
     * @param changed is told that objects were told
     */
    static ObjectFeed start(Inventory inventory, Controller controller, Runnable changed) {
        ObjectFeed feed = new ObjectFeed(inventory, controller, changed);
        feed.news.tellAll();
        feed.thread.start();
        return feed;
    }

    private void run() {
        while (!stopping) {
            try {
                follow();
            } catch (Refusal e) {
                if (!stopping) {
                    LOG.warn("objects cannot be read, agents keep what they have: {}", e.getMessage());
                    pause();
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (!stopping) {
                    LOG.error("a defect of this program, the manager goes on", e);
                    pause();
                }
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(RETRY_MS);
        } catch (InterruptedException e) {
            stopping = true;
        }
    }

    private void follow() throws InterruptedException {
        news.tellUpTo(inventory.await(news.revision(), AWAIT_MS));
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
