package dev.sluice.lab;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Notes the ids of all traffic on an interface: {@code --on IF --direction in|out|both --ids FILE}. Deletes the file {@code FILE.sync} once
 * everything that came before that file was made is noted.
 */
public final class IdObserverMain implements FrameLoop.Work {
    private final RawSocket socket;
    private final String direction;
    private final IdFile ids;
    private final File sync;
    private final StreamTails tails = new StreamTails(IdPayload.HEADER_BYTES - 1);
    private boolean syncAsked;
    private boolean idle;
    private long frameCount;

    private IdObserverMain(RawSocket socket, String direction, Path idFile) {
        this.socket = socket;
        this.direction = direction;
        this.ids = IdFile.create(idFile);
        this.sync = new File(idFile + ".sync");
    }

    /** Entry of the child process. */
    public static void main(String[] arguments) {
        ProgramOptions options = ProgramOptions.parse(arguments);
        String direction = options.text("direction");
        RawSocket socket = RawSocket.open(options.text("on"), direction.equals("in"));
        FrameLoop.run(List.of(socket), new IdObserverMain(socket, direction, Path.of(options.text("ids"))));
    }

    @Override
    public void onFrame(int index, RawFrame frame, long nowNs) {
        idle = false;
        if (direction.equals(frame.outgoing() ? "in" : "out")) {
            return;
        }
        frameCount++;
        Optional<PacketView> view = PacketView.of(frame.bytes());
        view.ifPresent(packet -> IdPayload.scan(tails.join(packet, frame.bytes()), ids::add));
    }

    @Override
    public long onIdle(long nowNs) {
        ids.flush();
        // Asked before a burst that found nothing: whatever was on the wire then has been noted.
        if (syncAsked && idle) {
            System.out.println(state());
            if (!sync.delete()) {
                System.out.println("file " + sync + " cannot be deleted");
            }
        }
        syncAsked = sync.exists();
        idle = true;
        return Long.MAX_VALUE;
    }

    @Override
    public String state() {
        return "frames=" + frameCount + " unseen=" + socket.dropCount();
    }
}
