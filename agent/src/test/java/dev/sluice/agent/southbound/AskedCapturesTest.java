package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.admin.AdminRequests;
import dev.sluice.agent.report.CapturePart;
import dev.sluice.agent.sight.Captures;
import dev.sluice.southbound.CapturePackets;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Captures that a manager asked for (X3): what the node is asked, and what becomes of its parts. */
@Timeout(60)
class AskedCapturesTest {
    private static final CapturePackets ASKED = CapturePackets.newBuilder()
            .setPort("left")
            .setStage("in")
            .setAddress("10.0.0.1")
            .setPortNumber(0)
            .setPackets(5)
            .setSeconds(30)
            .setPacketBytes(64)
            .setFileBytes(4_096)
            .build();

    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final LinkedBlockingQueue<Reply> replies = new LinkedBlockingQueue<>();

    /** How many parts the node gives before it says that it is done; none: it waits to be asked to end. */
    private final Semaphore parts = new Semaphore(0);

    private final CountDownLatch ended = new CountDownLatch(1);
    private final AskedCaptures captures = new AskedCaptures(this::take);
    private final AdminRequests node =
            new AdminRequests(List.of(new AdminCommand("capture", Captures.FIELDS, this::answer)));

    private void take(FromAgent message) {
        replies.add(message.getReply());
    }

    private static CapturePart part(String text, boolean done, String end) {
        String bytes = Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
        return new CapturePart("s", bytes, text.length(), 7, done, end);
    }

    private CapturePart answer(AdminRequest request) throws NodeException {
        if (request.text("session", 10).isEmpty()) {
            asked.add(request.text("port", 20).orElse("-") + " "
                    + request.text("stage", 20).orElse("-") + " "
                    + request.address("address") + " " + request.port("portNumber") + " "
                    + request.number("packets", 0, 9_999).orElse(-1) + " "
                    + request.number("packetBytes", 0, 9_999).orElse(-1) + " "
                    + request.number("fileBytes", 0, 9_999).orElse(-1));
            if (request.text("port", 20).orElse("").equals("nowhere")) {
                throw new NodeException("port nowhere is not known; allowed: left");
            }
            return part("head ", false, "");
        }
        if (request.flag("end")) {
            ended.countDown();
            return part("asked", true, "asked");
        }
        return parts.tryAcquire() ? part("packets", true, "packets") : part("", false, "");
    }

    private Reply reply() throws InterruptedException {
        Reply reply = replies.poll(30, TimeUnit.SECONDS);
        assertThat(reply).as("the capture is answered").isNotNull();
        return reply;
    }

    @Test
    void partsBecomeOneFileThatIsAnsweredAtTheEnd() throws Exception {
        parts.release();
        captures.begin(9, ASKED, node);
        Reply reply = reply();
        assertThat(reply.getId()).isEqualTo(9);
        assertThat(reply.getCaptured().getPcapng().toStringUtf8()).isEqualTo("head packets");
        assertThat(reply.getCaptured().getFrames()).isEqualTo(7);
        assertThat(reply.getCaptured().getLost()).isEqualTo(7);
        assertThat(reply.getCaptured().getEnd()).isEqualTo("packets");
        assertThat(asked)
                .singleElement()
                .asString()
                .startsWith("left in ")
                .contains("0.1")
                .endsWith(" 5 64 4096");
    }

    @Test
    void whatTheNodeRefusesIsTheProblem() throws Exception {
        captures.begin(9, ASKED.toBuilder().setPort("nowhere").build(), node);
        assertThat(reply().getProblem()).isEqualTo("port nowhere is not known; allowed: left");
    }

    @Test
    void oneThatIsNotWantedAnyMoreEndsAndOthersGoOn() throws Exception {
        captures.begin(9, ASKED, node);
        captures.begin(10, ASKED, node);
        captures.end(11);
        captures.end(10);
        Reply reply = reply();
        assertThat(reply.getId()).isEqualTo(10);
        assertThat(reply.getCaptured().getEnd()).isEqualTo("asked");
        parts.release();
        assertThat(reply().getId()).isEqualTo(9);
    }

    @Test
    void theyEndWithTheirStreamAndNobodyIsAnswered() throws Exception {
        captures.begin(9, ASKED, node);
        captures.close();
        assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(replies).isEmpty();
    }
}
