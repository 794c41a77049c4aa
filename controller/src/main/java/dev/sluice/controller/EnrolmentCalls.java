package dev.sluice.controller;

import com.google.protobuf.ByteString;
import dev.sluice.controller.AgentGate.NotEnrolledException;
import dev.sluice.controller.AgentGate.Pair;
import dev.sluice.southbound.EnrolRequest;
import dev.sluice.southbound.Enrolled;
import dev.sluice.southbound.EnrolmentGrpc;
import dev.sluice.southbound.RenewRequest;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.StreamObserver;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.concurrent.Semaphore;

/** Gives certificates to agents, if the gate does. Any thread. */
final class EnrolmentCalls extends EnrolmentGrpc.EnrolmentImplBase {
    /** So many calls of strangers are looked at or wait at a time: each costs a thread. */
    static final int STRANGERS_MAX = 16;

    private final AgentGate gate;
    private final Semaphore strangers = new Semaphore(STRANGERS_MAX);

    EnrolmentCalls(AgentGate gate) {
        this.gate = gate;
    }

    private interface Question {
        Pair ask() throws NotEnrolledException;
    }

    @Override
    public void enrol(EnrolRequest request, StreamObserver<Enrolled> answer) {
        if (!strangers.tryAcquire()) {
            answer.onError(new StatusException(Status.RESOURCE_EXHAUSTED.withDescription(
                    "this manager looks at " + STRANGERS_MAX + " other hosts that enrol: ask again")));
            return;
        }
        try {
            String from = CertifiedCalls.FROM.get();
            answer(
                    answer,
                    () -> gate.enrol(
                            request.getToken(),
                            request.getSecret(),
                            request.getRequest().toByteArray(),
                            from));
        } finally {
            strangers.release();
        }
    }

    @Override
    public void renew(RenewRequest request, StreamObserver<Enrolled> answer) {
        X509Certificate current = CertifiedCalls.CERTIFICATE.get();
        answer(answer, () -> gate.renew(current, request.getRequest().toByteArray()));
    }

    private static void answer(StreamObserver<Enrolled> answer, Question question) {
        try {
            Pair pair = question.ask();
            answer.onNext(Enrolled.newBuilder()
                    .setCertificate(ByteString.copyFrom(pair.certificate().getEncoded()))
                    .setAuthority(ByteString.copyFrom(pair.authority().getEncoded()))
                    .build());
            answer.onCompleted();
        } catch (NotEnrolledException e) {
            Status status = e.inVain() ? Status.PERMISSION_DENIED : Status.UNAVAILABLE;
            answer.onError(new StatusException(status.withDescription(e.getMessage())));
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate has no encoding", e);
        }
    }
}
