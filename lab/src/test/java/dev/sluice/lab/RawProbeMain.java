package dev.sluice.lab;

import java.util.HexFormat;
import java.util.List;

/** For tests: sends one frame, or prints each frame that comes in; {@code --on IF [--send HEX]}. */
public final class RawProbeMain implements FrameLoop.Work {
    private RawProbeMain() {}

    /** Entry of the child process. */
    public static void main(String[] arguments) {
        ProgramOptions options = ProgramOptions.parse(arguments);
        RawSocket socket = RawSocket.open(options.text("on"), true);
        if (options.find("send").isPresent()) {
            socket.send(RawFrame.of(HexFormat.of().parseHex(options.text("send"))));
            socket.close();
        } else {
            FrameLoop.run(List.of(socket), new RawProbeMain());
        }
    }

    @Override
    public void onFrame(int socket, RawFrame frame, long nowNs) {
        System.out.println("frame " + HexFormat.of().formatHex(frame.bytes()));
    }

    @Override
    public long onIdle(long nowNs) {
        return Long.MAX_VALUE;
    }

    @Override
    public String state() {
        return "";
    }
}
