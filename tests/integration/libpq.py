"""A database connection for tests: libpq through ctypes, so that no driver package is needed."""

import ctypes
import threading

_pq = ctypes.CDLL("libpq.so.5")
for _name, _result, _arguments in (
    ("PQconnectdb", ctypes.c_void_p, [ctypes.c_char_p]),
    ("PQstatus", ctypes.c_int, [ctypes.c_void_p]),
    ("PQerrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
    ("PQfinish", None, [ctypes.c_void_p]),
    ("PQexecParams", ctypes.c_void_p,
     [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p,
      ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]),
    ("PQresultStatus", ctypes.c_int, [ctypes.c_void_p]),
    ("PQresultErrorField", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int]),
    ("PQresultErrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
    ("PQntuples", ctypes.c_int, [ctypes.c_void_p]),
    ("PQnfields", ctypes.c_int, [ctypes.c_void_p]),
    ("PQgetisnull", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
    ("PQgetvalue", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
    ("PQclear", None, [ctypes.c_void_p]),
):
    _function = getattr(_pq, _name)
    _function.restype = _result
    _function.argtypes = _arguments

_CONNECTION_OK = 0
_COMMAND_OK, _TUPLES_OK = 1, 2


class SqlError(Exception):
    """A refused statement; `state` is the SQLSTATE, empty when the connection was lost."""

    def __init__(self, message, state=""):
        super().__init__(message)
        self.state = state


class Sql:
    """One connection, autocommit unless the caller sends BEGIN. Values travel as text; NULL is
    None."""

    def __init__(self, url):
        self.url = url
        self._lock = threading.Lock()
        self._handle = _pq.PQconnectdb(url.encode())
        if _pq.PQstatus(self._handle) != _CONNECTION_OK:
            message = _pq.PQerrorMessage(self._handle).decode()
            self.close()
            raise SqlError(message)

    def rows(self, statement, *values):
        """All rows as tuples of text; an empty list for a statement without a result."""
        texts = [None if v is None else str(v).encode() for v in values]
        array = (ctypes.c_char_p * len(texts))(*texts)
        with self._lock:
            result = _pq.PQexecParams(self._handle, statement.encode(), len(texts), None, array,
                                      None, None, 0)
        try:
            if _pq.PQresultStatus(result) not in (_COMMAND_OK, _TUPLES_OK):
                state = _pq.PQresultErrorField(result, ord("C")) or b""
                raise SqlError(_pq.PQresultErrorMessage(result).decode(), state.decode())
            return [tuple(self._value(result, row, column)
                          for column in range(_pq.PQnfields(result)))
                    for row in range(_pq.PQntuples(result))]
        finally:
            _pq.PQclear(result)

    def value(self, statement, *values):
        """The only column of the only row."""
        ((value,),) = self.rows(statement, *values)
        return value

    def number(self, statement, *values):
        return int(self.value(statement, *values))

    @staticmethod
    def _value(result, row, column):
        if _pq.PQgetisnull(result, row, column):
            return None
        return _pq.PQgetvalue(result, row, column).decode()

    def close(self):
        if self._handle:
            _pq.PQfinish(self._handle)
            self._handle = None
