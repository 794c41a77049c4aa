package dev.sluice.testkit.reference;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.foretell.ForetoldFrame;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.track.Instruction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** All that a data path tells of the packets that come in, as lines; frames with all their bytes. One list for each frame that came in. One user. */
final class Heard implements PacketTracer {
    private final Datapath datapath;
    private final List<List<String>> frames = new ArrayList<>();

    Heard(Datapath datapath) {
        this.datapath = datapath;
    }

    /** What was told of the frame that came in first. */
    List<String> first() {
        return frames.getFirst();
    }

    private void say(Object... words) {
        frames.getLast().add(Arrays.toString(words));
    }

    private String frame(Batch b, int i) {
        ForetoldFrame f = ForetoldFrame.of(datapath.pool().memory(), b, i, 0);
        return HexFormat.of().formatHex(f.bytes()) + " " + f.offload() + " " + f.gsoType() + " " + f.gsoSizeBytes()
                + " " + f.gsoHeaderBytes() + " " + f.csumStart() + " " + f.csumOffset();
    }

    @Override
    public void received(Batch b, int i) {
        frames.add(new ArrayList<>());
        say("received", b.port[i], frame(b, i));
    }

    @Override
    public void waits(Batch b, int i) {
        say("waits", b.port[i]);
    }

    /** A frame that came in earlier. */
    @Override
    public void released(Batch b, int i) {
        frames.add(new ArrayList<>());
    }

    @Override
    public void classified(Batch b, int i, Decision d) {
        say(
                "classified",
                d.port(),
                d.side(),
                d.hit() ? "hit" : "new",
                "rule",
                d.rule(),
                "path",
                d.path(),
                d.direction());
    }

    @Override
    public void instructed(Batch b, int i, Instruction instruction) {
        say("instructed", instruction.action(), instruction.argument(), instruction.once());
    }

    @Override
    public void steered(Batch b, int i, Attachment attachment, int enteredSide, boolean copy) {
        say("steered", attachment.id(), enteredSide, copy);
    }

    @Override
    public void uninspected(Batch b, int i, Attachment attachment) {
        say("uninspected", attachment.id());
    }

    @Override
    public void returned(Batch b, int i, Attachment attachment, int side, int direction) {
        say("returned", attachment.id(), side, direction);
    }

    @Override
    public void routed(Batch b, int i, int router, int egress) {
        say("routed", router, egress);
    }

    @Override
    public void sent(Batch b, int i, int port) {
        say("sent", port, frame(b, i));
    }

    @Override
    public void dropped(Batch b, int i, DropReason reason) {
        say("dropped", reason);
    }
}
