package dev.sluice.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Notes the ids of all traffic on an interface: {@code --on IF --direction in|out|both --ids FILE}. */
public final class IdObserverMain implements FrameLoop.Work {
    private final RawSocket socket;
    private final String direction;
    private final IdFile ids;
    private final StreamTails tails = new StreamTails(IdPayload.HEADER_BYTES - 1);
    private long frameCount;

    private IdObserverMain(RawSocket socket, String direction, IdFile ids) {
        this.socket = socket;
        this.direction = direction;
        this.ids = ids;
    }

    /** Entry of the child process. */
    public static void main(String[] arguments) {
        ProgramOptions options = ProgramOptions.parse(arguments);
        String direction = options.text("direction");
        RawSocket socket = RawSocket.open(options.text("on"), direction.equals("in"));
        IdFile ids = IdFile.create(Path.of(options.text("ids")));
        FrameLoop.run(List.of(socket), new IdObserverMain(socket, direction, ids));
    }

    @Override
    public void onFrame(int index, RawFrame frame, long nowNs) {
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
        return Long.MAX_VALUE;
    }

    @Override
    public String state() {
        return "frames=" + frameCount + " unseen=" + socket.dropCount();
    }
}
