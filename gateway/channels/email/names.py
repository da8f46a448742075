"""Names for files that came without one, and types for those that came with a name only."""

from __future__ import annotations

_EXTENSIONS = {
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/png": "png", "image/gif": "gif", "image/bmp": "bmp",
    "image/webp": "webp", "image/tiff": "tif", "image/heic": "heic", "audio/amr": "amr", "audio/mpeg": "mp3",
    "audio/wav": "wav", "audio/mp4": "m4a", "video/mp4": "mp4", "video/quicktime": "mov", "application/pdf": "pdf",
    "application/msword": "doc", "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/zip": "zip", "application/x-rar-compressed": "rar", "application/vnd.rar": "rar",
    "application/x-7z-compressed": "7z", "text/plain": "txt", "text/html": "html", "text/csv": "csv",
    "text/calendar": "ics", "text/vcard": "vcf", "application/rtf": "rtf", "message/rfc822": "eml",
    "application/pkcs7-signature": "p7s", "application/x-pkcs7-signature": "p7s", "application/pkcs7-mime": "p7m",
    "application/x-pkcs7-mime": "p7m", "application/pgp-signature": "asc", "application/pgp-encrypted": "asc",
}  # fmt: skip
_TYPES = {extension: mime for mime, extension in reversed(_EXTENSIONS.items()) if "pgp" not in mime} | {
    "jpeg": "image/jpeg",
    "htm": "text/html",
}


def default_name(mime: str, number: int) -> str:
    """``图片1.jpg``, ``附件2.pdf``, by type and place."""
    word = "图片" if mime.startswith("image/") else "附件"
    return f"{word}{number}.{_EXTENSIONS.get(mime, 'bin')}"


def mime_of(name: str) -> str:
    """The type that a name's extension stands for."""
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
