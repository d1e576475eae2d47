"""Where spans go: to a collector that speaks OTLP, to a file, or nowhere, as the settings say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from eventing.errors import Misconfigured
from eventing.settings import TracingSettings
from eventing.telemetry.spans import FIRST_TRACE_ID, SPANS

EXPORT_MILLISECONDS: Final = 1000.0


class FirstIds(RandomIdGenerator):
    """A trace that begins with a request has the id under which that request is logged."""

    def generate_trace_id(self) -> int:
        return FIRST_TRACE_ID.get() or super().generate_trace_id()


class FileExporter(SpanExporter):
    """Adds a line for each span. Each batch is one write, so that processes can share a file."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise Misconfigured(
                f"Spans can't be written to {path} ({error.strerror}): set ORDERS_TRACING__FILE."
            ) from None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        os.write(self._file, "".join(f"{span.to_json(indent=None)}\n" for span in spans).encode())
        return SpanExportResult.SUCCESS


def configure_tracing(settings: TracingSettings, service: str) -> None:
    """Once, by the composition root. What is still on its way when the process ends in good order is sent."""
    exporters: list[SpanExporter] = []
    if settings.endpoint is not None:
        # Only who wants it pays for the import of an HTTP client and of protobuf.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporters.append(OTLPSpanExporter(f"{settings.endpoint.get_secret_value().rstrip('/')}/v1/traces"))
    if settings.file is not None:
        exporters.append(FileExporter(settings.file))
    if not exporters:
        return
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}), id_generator=FirstIds())
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=EXPORT_MILLISECONDS))
    SPANS.go_to(provider.get_tracer("orderloom"), settings.share)
