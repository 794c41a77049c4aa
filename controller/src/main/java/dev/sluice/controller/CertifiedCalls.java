package dev.sluice.controller;

import dev.sluice.southbound.EnrolmentGrpc;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls through only with a certificate that counts, except the one with which somebody comes to a certificate. Asked for each call: connections may be older than a
 * revocation, and TLS resumes sessions without looking at certificates again. Any thread.
 */
final class CertifiedCalls implements ServerInterceptor {
    /** What the caller has shown. */
    static final Context.Key<X509Certificate> CERTIFICATE = Context.key("certificate");

    /** Where the caller is. */
    static final Context.Key<String> FROM = Context.keyWithDefault("from", "an unknown address");

    private final AgentGate gate;

    CertifiedCalls(AgentGate gate) {
        this.gate = gate;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Context context =
                Context.current().withValue(FROM, address(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
        boolean open = call.getMethodDescriptor()
                .getFullMethodName()
                .equals(EnrolmentGrpc.getEnrolMethod().getFullMethodName());
        if (!open) {
            Optional<X509Certificate> shown = certificate(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
            Optional<String> problem = shown.isEmpty()
                    ? Optional.of("this manager serves hosts that show a certificate: enrol this one")
                    : gate.endsStream(shown.get());
            if (problem.isPresent()) {
                call.close(Status.UNAUTHENTICATED.withDescription(problem.get()), new Metadata());
                return new ServerCall.Listener<>() {};
            }
            context = context.withValue(CERTIFICATE, shown.orElseThrow());
        }
        return Contexts.interceptCall(context, call, headers, next);
    }

    private static String address(@Nullable SocketAddress remote) {
        return remote instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : "an unknown address";
    }

    /** What the other end of a connection has shown; empty: nothing. */
    static Optional<X509Certificate> certificate(@Nullable SSLSession session) {
        try {
            Certificate[] shown = session == null ? new Certificate[0] : session.getPeerCertificates();
            return shown.length > 0 && shown[0] instanceof X509Certificate first
                    ? Optional.of(first)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
    }
}
